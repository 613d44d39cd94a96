using System.Text.RegularExpressions;

namespace Claudy.Infrastructure.Scanning;

/// <summary>Shell commands that the strict policy refuses wherever they stand in a file.</summary>
/// <remarks>No pattern matches more than <see cref="LongestMatch"/> characters: each repetition has a bound.</remarks>
internal static partial class ShellPatterns
{
    public const int LongestMatch = 1024;

    private const RegexOptions Options = RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture;
    private const string ToShell = @"\|\s{0,20}(sudo\s{1,20}(-\w{1,10}\s{1,20}){0,3})?(/(usr/)?bin/)?(env\s{1,20})?(ba|da|z|k|c|tc|fi|a)?sh\b";
    private const string BlockDevice = "/dev/(sd|hd|vd|xvd|nvme|mmcblk|dm-|md|loop)";

    private static readonly (Regex Pattern, Objection Objection)[] All =
    [
        (RemoveRoot(), Of("remove_root", "removes everything below / or the home")),
        (DownloadToShell(), Of("download_to_shell", "runs what it downloads")),
        (ShellOfDownload(), Of("download_to_shell", "runs what it downloads")),
        (DecodedToShell(), Of("decoded_to_shell", "runs what it decodes")),
        (ForkBomb(), Of("fork_bomb", "starts itself without end")),
        (ReverseShell(), Of("reverse_shell", "gives a shell to another machine")),
        (OverwriteDisk(), Of("overwrite_disk", "writes over a disk")),
        (OpenRoot(), Of("open_root", "gives everybody every right below /")),
    ];

    /// <param name="text">Text whose letters are those of ASCII; what others are does not matter.</param>
    public static Objection? Find(ReadOnlySpan<char> text)
    {
        foreach (var (pattern, objection) in All)
        {
            if (pattern.IsMatch(text))
            {
                return objection;
            }
        }

        return null;
    }

    private static Objection Of(string rule, string does) => new($"shell_{rule}", $"has a shell command that {does}");

    [GeneratedRegex("""\brm\s{1,20}((-[a-zA-Z]{0,20}[rRf][a-zA-Z]{0,20}|--(recursive|force|no-preserve-root))\s{1,20}){1,5}(--\s{1,20})?["']?(/|~|\$HOME|\$\{HOME\})/?\*?["']?(?=[\s;&|)'"`]|$)""", Options)]
    private static partial Regex RemoveRoot();

    [GeneratedRegex(@"\b(curl|wget)\s[^\n|;]{1,500}" + ToShell, Options)]
    private static partial Regex DownloadToShell();

    [GeneratedRegex("""\b((ba|da|z|k)?sh|eval|source)\s{1,20}(-c\s{1,20})?["']?(<\(|\$\(|`)\s{0,20}(curl|wget)\s""", Options)]
    private static partial Regex ShellOfDownload();

    [GeneratedRegex(@"\b(base64\s{1,20}(-d|-D|--decode)|xxd\s{1,20}-r|openssl\s{1,20}(enc|base64)\s[^\n|;]{0,100}-d)\b[^\n|;]{0,300}" + ToShell, Options)]
    private static partial Regex DecodedToShell();

    [GeneratedRegex(@"(?<name>:|\b[a-zA-Z_]\w{0,30})\s{0,20}\(\)\s{0,20}\{\s{0,20}\k<name>\s{0,20}\|\s{0,20}\k<name>\s{0,20}&\s{0,20};?\s{0,20}\}\s{0,20};?\s{0,20}\k<name>", Options)]
    private static partial Regex ForkBomb();

    [GeneratedRegex("""[<>]&?\s{0,20}/dev/(tcp|udp)/|\b(nc|ncat|netcat)\s([^\n|;]{0,200}\s)?(-[a-z]{0,5}[ec]\s{1,20}|--exec\s{1,20})["']?(/(usr/)?bin/)?(ba|da|z|k|a)?sh\b""", Options)]
    private static partial Regex ReverseShell();

    [GeneratedRegex(@"\bdd\s[^\n|;]{0,300}\bof=" + BlockDevice + @"|>\s{0,20}" + BlockDevice + @"|\bmkfs(\.\w{1,10})?\s[^\n|;]{0,200}" + BlockDevice, Options)]
    private static partial Regex OverwriteDisk();

    [GeneratedRegex(@"\bchmod\s{1,20}(-[a-zA-Z]{0,10}R[a-zA-Z]{0,10}|--recursive)\s{1,20}(0?777|a\+rwx)\s{1,20}/(?=[\s;&|)*]|$)", Options)]
    private static partial Regex OpenRoot();
}
