using System.Text;
using Claudy.Domain.Sessions;
using Microsoft.Net.Http.Headers;

namespace Claudy.WebApi.Http.Exports;

/// <summary>Names the file of an export after its session, whatever people called that.</summary>
internal static class ExportFileName
{
    private const int MaxNameRunes = 60;

    /// <summary>The header <c>Content-Disposition</c>: plain ASCII for old programs, and the whole name in UTF-8 (RFC 6266).</summary>
    public static string Disposition(string sessionName, SessionId session, string extension)
    {
        var disposition = new ContentDispositionHeaderValue("attachment");
        disposition.SetHttpFileName(Of(sessionName, session, extension));
        return disposition.ToString();
    }

    /// <summary>Letters and digits stay; the rest becomes dashes. The prefix keeps it from being hidden, a device of Windows or empty.</summary>
    public static string Of(string sessionName, SessionId session, string extension)
    {
        var name = new StringBuilder("claudy-");
        var runes = 0;
        foreach (var rune in sessionName.Normalize(NormalizationForm.FormC).EnumerateRunes())
        {
            if (Rune.IsLetterOrDigit(rune) && runes++ < MaxNameRunes)
            {
                name.Append(rune);
            }
            else if (name[^1] != '-')
            {
                name.Append('-');
            }
        }

        return $"{name.ToString().TrimEnd('-')}-{session.ToString()[^8..]}.{extension}";
    }
}
