namespace Claudy.Domain.Usage;

/// <summary>Names models: <c>*</c> stands for any characters, all else for itself, whatever its case.</summary>
public static class ModelPattern
{
    /// <summary>Whether a model is meant.</summary>
    public static bool Matches(string pattern, string model)
    {
        var (p, m, star, resume) = (0, 0, -1, 0);
        while (m < model.Length)
        {
            if (p < pattern.Length && pattern[p] == '*')
            {
                (star, resume) = (p++, m);
            }
            else if (p < pattern.Length && char.ToUpperInvariant(pattern[p]) == char.ToUpperInvariant(model[m]))
            {
                p++;
                m++;
            }
            else if (star >= 0)
            {
                // The last star takes one character more.
                (p, m) = (star + 1, ++resume);
            }
            else
            {
                return false;
            }
        }

        return pattern.AsSpan(p).TrimStart('*').IsEmpty;
    }
}
