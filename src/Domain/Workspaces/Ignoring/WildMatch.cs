namespace Claudy.Domain.Workspaces.Ignoring;

/// <summary>Matches names as git does: <c>*</c> and <c>?</c> within a name, <c>**</c> across them, classes in brackets; byte by byte.</summary>
/// <remarks>The outcomes are those of git's own matcher, so that a hopeless pattern is given up at once.</remarks>
internal ref struct WildMatch(ReadOnlySpan<byte> pattern, ReadOnlySpan<byte> text, bool isPath)
{
    private const byte Slash = (byte)'/';

    // Far more than any pattern that people write takes; a hostile one must not hold up the server.
    private const int MaxSteps = 20_000;

    private readonly ReadOnlySpan<byte> _pattern = pattern;
    private readonly ReadOnlySpan<byte> _text = text;
    private readonly bool _isPath = isPath;
    private int _steps;

    private enum Outcome
    {
        Match,
        NoMatch,

        /// <summary>The text is at its end: no shorter rest of it can match either.</summary>
        AbortAll,

        /// <summary>A slash stands in the way of a single star: only a double one can help.</summary>
        AbortToStarStar,
    }

    /// <summary>Whether all of the text is what the pattern says.</summary>
    public static bool Matches(ReadOnlySpan<byte> pattern, ReadOnlySpan<byte> text, bool isPath) =>
        new WildMatch(pattern, text, isPath).Run(0, 0) == Outcome.Match;

    private Outcome Run(int p, int t)
    {
        while (p < _pattern.Length)
        {
            if (Step(ref p, ref t) is { } outcome)
            {
                return outcome;
            }

            p++;
            t++;
        }

        return t < _text.Length ? Outcome.NoMatch : Outcome.Match;
    }

    /// <returns>Null to go on behind both places.</returns>
    private Outcome? Step(ref int p, ref int t)
    {
        if (++_steps > MaxSteps)
        {
            return Outcome.AbortAll;
        }

        if (_pattern[p] == (byte)'*')
        {
            return RunStar(ref p, ref t);
        }

        if (t >= _text.Length)
        {
            return Outcome.AbortAll;
        }

        switch (_pattern[p])
        {
            case (byte)'?':
                return _isPath && _text[t] == Slash ? Outcome.NoMatch : null;
            case (byte)'[':
                return BracketExpression.Read(_pattern, ref p, _text[t]) switch
                {
                    null => Outcome.AbortAll,
                    true when !_isPath || _text[t] != Slash => null,
                    _ => Outcome.NoMatch,
                };
            case (byte)'\\':
                p++;
                break;
        }

        return At(p) == _text[t] ? null : Outcome.NoMatch;
    }

    /// <returns>Null to go on behind a slash that stars were followed by.</returns>
    private Outcome? RunStar(ref int p, ref int t)
    {
        var first = p;
        while (At(p) == '*')
        {
            p++;
        }

        var crossesSlashes = !_isPath;
        if (_isPath && p - first > 1 && (first == 0 || _pattern[first - 1] == Slash) && (At(p) is -1 or '/' || (At(p) == '\\' && At(p + 1) == '/')))
        {
            // Between slashes it may stand for no folder at all.
            if (At(p) == '/' && Run(p + 1, t) == Outcome.Match)
            {
                return Outcome.Match;
            }

            crossesSlashes = true;
        }

        if (p == _pattern.Length)
        {
            return crossesSlashes || !_text[t..].Contains(Slash) ? Outcome.Match : Outcome.NoMatch;
        }

        if (!crossesSlashes && _pattern[p] == Slash)
        {
            var slash = _text[t..].IndexOf(Slash);
            t += slash;
            return slash < 0 ? Outcome.NoMatch : null;
        }

        for (; t < _text.Length; t++)
        {
            var rest = Run(p, t);
            if (rest != Outcome.NoMatch && (!crossesSlashes || rest != Outcome.AbortToStarStar))
            {
                return rest;
            }

            if (rest == Outcome.NoMatch && !crossesSlashes && _text[t] == Slash)
            {
                return Outcome.AbortToStarStar;
            }
        }

        return Outcome.AbortAll;
    }

    private readonly int At(int p) => p < _pattern.Length ? _pattern[p] : -1;
}
