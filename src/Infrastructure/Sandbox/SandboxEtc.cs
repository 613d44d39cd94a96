namespace Claudy.Infrastructure.Sandbox;

/// <summary>The few files of <c>/etc</c> that programs look for, made for the sandbox: nothing about this machine is in them.</summary>
internal static class SandboxEtc
{
    public const int UserId = 1000;

    public static IReadOnlyDictionary<string, string> Files { get; } = new SortedDictionary<string, string>(StringComparer.Ordinal)
    {
        ["group"] = $"root:x:0:\nclaude:x:{UserId}:\nnogroup:x:65534:\n",
        ["hosts"] = "127.0.0.1 localhost claudy\n::1 localhost\n",
        ["nsswitch.conf"] = "passwd: files\ngroup: files\nhosts: files\n",
        ["passwd"] =
            $"""
            root:x:0:0:root:/:/usr/sbin/nologin
            claude:x:{UserId}:{UserId}:Claude:{BubblewrapSandbox.Home}:/bin/bash
            nobody:x:65534:65534:nobody:/:/usr/sbin/nologin

            """,
    };

    /// <summary>Writes them into a folder, where they differ from what is there.</summary>
    public static void Write(string folder)
    {
        Directory.CreateDirectory(folder);
        foreach (var (name, content) in Files)
        {
            var path = Path.Combine(folder, name);
            if (!File.Exists(path) || File.ReadAllText(path) != content)
            {
                var fresh = $"{path}.{Path.GetRandomFileName()}";
                File.WriteAllText(fresh, content);
                File.Move(fresh, path, overwrite: true);
            }
        }
    }
}
