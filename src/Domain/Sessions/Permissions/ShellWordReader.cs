using System.Text;

namespace Claudy.Domain.Sessions.Permissions;

/// <summary>Reads one word: quotes, escapes, expansions.</summary>
internal sealed class ShellWordReader(ShellParser parser)
{
    /// <summary>Reads from where the parser is up to the end of the word; nothing when there is none.</summary>
    public ShellWord Read()
    {
        var word = new Word();
        var start = parser.At;
        while (!parser.IsAtEnd && ReadUnquoted(word, isFirst: parser.At == start))
        {
            // Until the word ends.
        }

        return word.Finish();
    }

    /// <returns>False at the end of the word.</returns>
    private bool ReadUnquoted(Word word, bool isFirst)
    {
        var c = parser.Next;
        switch (c)
        {
            case ' ' or '\t' or '\n' or ';' or '&' or '|' or '(' or ')':
                return false;
            case '<' or '>':
                if (parser.Peek(1) != '(')
                    return false;
                parser.At += 2;
                parser.ReadSubstitution();
                word.Is(ShellWordKind.Unknown);
                return true;
            case '\\':
                ReadEscaped(word);
                return true;
            case '\'':
                ReadSingleQuoted(word);
                return true;
            case '"':
                parser.At++;
                ReadDoubleQuoted(word);
                return true;
            case '$':
                ReadDollar(word, isQuoted: false);
                return true;
            case '`':
                ReadBackquoted(word, isQuoted: false);
                return true;
        }

        // In zsh a leading "=" stands for the path of a command.
        if (c is '*' or '?' or '[' || (c == '~' && (isFirst || word.EndsWith('=') || word.EndsWith(':'))))
            word.Is(ShellWordKind.Pathname);
        else if (isFirst && c == '=')
            word.Is(ShellWordKind.Unknown);
        word.SeeBraces(c);
        Take(word);
        return true;
    }

    // What a terminal or another shell would see differently is nothing that can be judged.
    private void Take(Word word)
    {
        var c = parser.Next;
        if (char.IsControl(c) && c is not ('\n' or '\t'))
            parser.NotUnderstood();
        word.Add(c);
        parser.At++;
    }

    private void ReadEscaped(Word word)
    {
        if (parser.Peek(1) == '\n')
        {
            parser.SkipContinuation();
            return;
        }

        parser.At++;
        if (parser.IsAtEnd)
        {
            parser.NotUnderstood();
            return;
        }

        word.IsGiven();
        Take(word);
    }

    private void ReadSingleQuoted(Word word)
    {
        parser.At++;
        word.IsGiven();
        while (!parser.IsAtEnd && parser.Next != '\'')
            Take(word);
        Close();
    }

    private void ReadDoubleQuoted(Word word)
    {
        word.IsGiven();
        while (!parser.IsAtEnd && parser.Next != '"')
        {
            switch (parser.Next)
            {
                case '\\' when parser.Peek(1) == '\n':
                    parser.NotUnderstood();
                    parser.At += 2;
                    break;
                case '\\' when parser.Peek(1) is '$' or '`' or '"' or '\\':
                    parser.At++;
                    Take(word);
                    break;
                case '$':
                    ReadDollar(word, isQuoted: true);
                    break;
                case '`':
                    ReadBackquoted(word, isQuoted: true);
                    break;
                default:
                    Take(word);
                    break;
            }
        }

        Close();
    }

    private void Close()
    {
        if (parser.IsAtEnd)
            parser.NotUnderstood();
        else
            parser.At++;
    }

    private void ReadDollar(Word word, bool isQuoted)
    {
        parser.At++;
        switch (parser.Next)
        {
            case '(':
                // Two parentheses are arithmetic, in which commands may be substituted.
                if (parser.Peek(1) == '(')
                    parser.NotUnderstood();
                parser.At++;
                parser.ReadSubstitution();
                break;
            case '{':
                SkipBraced();
                break;
            case '[':
                parser.NotUnderstood();
                break;
            case '\'' when !isQuoted:
                SkipAnsiQuoted();
                break;
            case '"' when !isQuoted:
                parser.At++;
                ReadDoubleQuoted(word);
                break;
            case var c when char.IsAsciiLetterOrDigit(c) || c is '_' or '@' or '*' or '#' or '?' or '-' or '$' or '!':
                SkipName();
                break;
            default:
                word.IsGiven();
                word.Add('$');
                return;
        }

        word.Is(ShellWordKind.Unknown);
    }

    private void SkipName()
    {
        var isName = char.IsAsciiLetter(parser.Next) || parser.Next == '_';
        parser.At++;
        while (isName && (char.IsAsciiLetterOrDigit(parser.Next) || parser.Next == '_'))
            parser.At++;
    }

    // ${name} is a value; anything else between braces may run commands: ${x:-$(rm y)}, ${x@P}, ${a[$(rm y)]}.
    private void SkipBraced()
    {
        parser.At++;
        var start = parser.At;
        while (!parser.IsAtEnd && parser.Next != '}')
            parser.At++;
        foreach (var c in parser.Text.AsSpan(start, parser.At - start))
        {
            if (!char.IsAsciiLetterOrDigit(c) && c != '_')
                parser.NotUnderstood();
        }

        Close();
    }

    private void SkipAnsiQuoted()
    {
        parser.At++;
        while (!parser.IsAtEnd && parser.Next != '\'')
            parser.At = Math.Min(parser.At + (parser.Next == '\\' ? 2 : 1), parser.Text.Length);
        Close();
    }

    private void ReadBackquoted(Word word, bool isQuoted)
    {
        var inner = new StringBuilder();
        parser.At++;
        while (!parser.IsAtEnd && parser.Next != '`')
        {
            if (parser.Next == '\\' && (parser.Peek(1) is '`' or '\\' or '$' || (isQuoted && parser.Peek(1) == '"')))
                parser.At++;
            inner.Append(parser.Next);
            parser.At++;
        }

        Close();
        parser.Include(inner.ToString());
        word.Is(ShellWordKind.Unknown);
    }

    /// <summary>A word that is being read.</summary>
    private sealed class Word
    {
        private readonly StringBuilder _text = new();
        private ShellWordKind _kind;
        private bool _hasBrace;
        private char _last;

        public void Add(char c) => _text.Append(c);

        public void Is(ShellWordKind kind) => _kind = kind > _kind ? kind : _kind;

        /// <summary>A quote: what came before it does not belong to what comes after.</summary>
        public void IsGiven() => _last = '\0';

        public bool EndsWith(char c) => _text.Length > 0 && _text[^1] == c;

        /// <summary>{a,b} and {1..9} become several words; {} and @{0} stay what they are.</summary>
        public void SeeBraces(char c)
        {
            if (_hasBrace && (c == ',' || (c == '.' && _last == '.')))
                Is(ShellWordKind.Unknown);
            _hasBrace |= c == '{';
            _last = c;
        }

        /// <summary>A bracket by itself is a command's name, and no pattern.</summary>
        public ShellWord Finish() => _text.ToString() is var text && _kind == ShellWordKind.Pathname && text == "["
            ? new ShellWord(ShellWordKind.Literal, text)
            : new ShellWord(_kind, text);
    }
}
