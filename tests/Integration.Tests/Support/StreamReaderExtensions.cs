namespace Claudy.Integration.Tests.Support;

/// <summary>Reading an answer while it is still being written.</summary>
internal static class StreamReaderExtensions
{
    /// <summary>Reads up to and with the first line that contains the text.</summary>
    /// <exception cref="InvalidOperationException">The stream ended without it.</exception>
    public static async Task ReadUntilAsync(this StreamReader reader, string text)
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            if (line.Contains(text, StringComparison.Ordinal))
                return;
        }

        throw new InvalidOperationException($"The stream ended without '{text}'.");
    }
}
