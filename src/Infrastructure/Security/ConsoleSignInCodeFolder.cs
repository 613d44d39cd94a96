using System.Globalization;
using Claudy.Application.Authentication.Ports;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace Claudy.Infrastructure.Security;

/// <summary>Codes in the data folder, a file each, named by the hash; in it is until when it holds. Whoever moves a file away has taken it.</summary>
internal sealed class ConsoleSignInCodeFolder(IConfiguration configuration, TimeProvider time) : IConsoleSignInCodes
{
    private const string Taken = "taken";
    private const string Draft = "draft";
    private const UnixFileMode OwnerOnlyFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode OwnerOnlyFolder = OwnerOnlyFile | UnixFileMode.UserExecute;

    private string Folder => configuration["Claudy:Data"] is { Length: > 0 } data
        ? Path.Combine(data, "sign-in-codes")
        : throw new OptionsValidationException("Claudy:Data", typeof(string), ["There is no data folder (Claudy:Data) to hand a sign-in code over in."]);

    public async Task PutAsync(string hash, DateTimeOffset expiresAt, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Folder, OwnerOnlyFolder);
        RemoveExpired();
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = OwnerOnlyFile };
        var draft = $"{PathOf(hash)}.{Draft}";
        await using (var file = new StreamWriter(draft, options))
        {
            await file.WriteAsync(expiresAt.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture).AsMemory(), cancellationToken);
        }

        File.Move(draft, PathOf(hash));
    }

    public Task<bool> TakeAsync(string hash, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var path = PathOf(hash);
        if (!File.Exists(path))
        {
            return Task.FromResult(false);
        }

        // Of several that move it, one succeeds: a name of its own for each, or the last would move another's.
        var mine = $"{path}.{Guid.NewGuid():N}.{Taken}";
        try
        {
            File.Move(path, mine);
        }
        catch (FileNotFoundException)
        {
            return Task.FromResult(false);
        }

        var holds = Holds(mine);
        File.Delete(mine);
        return Task.FromResult(holds);
    }

    // A hash alone is a name: nothing that a client sends may become a path.
    private string PathOf(string hash) => hash.Length == 64 && hash.All(char.IsAsciiHexDigitLower)
        ? Path.Combine(Folder, hash)
        : throw new ArgumentException("It is no SHA-256 hash in lower-case hexadecimal.", nameof(hash));

    private bool Holds(string path) =>
        long.TryParse(File.ReadAllText(path), NumberStyles.None, CultureInfo.InvariantCulture, out var until) && until > time.GetUtcNow().ToUnixTimeMilliseconds();

    private void RemoveExpired()
    {
        foreach (var path in Directory.EnumerateFiles(Folder).Where(path => !path.EndsWith(Draft, StringComparison.Ordinal)))
        {
            try
            {
                if (!Holds(path))
                {
                    File.Delete(path);
                }
            }
            catch (FileNotFoundException)
            {
                // It was taken meanwhile.
            }
        }
    }
}
