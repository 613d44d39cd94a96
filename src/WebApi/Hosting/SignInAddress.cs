namespace Claudy.WebApi.Hosting;

/// <summary>Where a running server takes sign-in codes, told to commands beside it by a file in its data folder.</summary>
internal static class SignInAddress
{
    private const string Name = "sign-in-address";
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>The link that signs in with a code.</summary>
    public static string LinkTo(string address, string code) => $"{address}/signin?code={code}";

    /// <summary>Tells it, once the server listens; null tells that it takes none.</summary>
    public static void Tell(DataFolder data, string? address)
    {
        var path = Path.Combine(data.Path, Name);
        File.Delete(path);
        if (address is not null)
        {
            using var file = new StreamWriter(path, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = OwnerOnly });
            file.Write(address);
        }
    }

    /// <summary>Finds it.</summary>
    /// <exception cref="StartupException">No server runs there, or it takes no codes.</exception>
    public static string Find(string dataPath)
    {
        if (!DataFolder.IsInUse(dataPath))
        {
            throw new StartupException($"No server runs on the data folder {dataPath}. Start it, which prints a link as well, or name its folder with CLAUDY_DATA.");
        }

        // What a killed server left is not read: the next one tells anew before it is asked.
        return File.Exists(Path.Combine(dataPath, Name))
            ? File.ReadAllText(Path.Combine(dataPath, Name))
            : throw new StartupException($"The server on the data folder {dataPath} lets nobody in by a link, or has only just begun to start: local sign-in is off where GitHub is configured, unless Claudy:Auth:LocalMode is true.");
    }
}
