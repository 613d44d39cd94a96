namespace Claudy.Domain.Sessions.Permissions;

/// <summary>Reads lists of commands; <see cref="ShellWordReader"/> reads their words.</summary>
/// <remarks>
/// Errs on one side only. Something odd makes the line not plain, and not understood where commands may hide in it; reading
/// goes on all the same, so that a rule that denies finds what there is to find.
/// </remarks>
internal sealed class ShellParser
{
    private const int MaxDepth = 24;

    private readonly List<ShellCommand> _commands = [];
    private readonly List<HereDocument> _hereDocuments = [];
    private readonly ShellWordReader _words;
    private int _depth;
    private bool _hasBegun;
    private bool _isPlain = true;
    private bool _isUnderstood = true;

    private ShellParser(string text, int depth)
    {
        Text = text;
        _depth = depth;
        _words = new ShellWordReader(this);
    }

    /// <summary>The line.</summary>
    public string Text { get; }

    /// <summary>The place of the next character.</summary>
    public int At { get; set; }

    /// <summary>The next character; NUL at the end.</summary>
    public char Next => Peek(0);

    public static ShellLine Parse(string text, int depth)
    {
        var parser = new ShellParser(text, depth);
        if (depth > MaxDepth || text.Length > ShellLine.MaxLength)
            parser.NotUnderstood();
        else
            parser.ReadList(closing: '\0');
        return new ShellLine(parser._commands, parser._isPlain, parser._isUnderstood);
    }

    public char Peek(int ahead) => At + ahead < Text.Length ? Text[At + ahead] : '\0';

    public bool IsAtEnd => At >= Text.Length;

    /// <summary>The line does more than run its commands.</summary>
    public void NotPlain() => _isPlain = false;

    /// <summary>There may be commands that nobody sees.</summary>
    public void NotUnderstood() => _isPlain = _isUnderstood = false;

    /// <summary>Reads what a substitution runs, up to its closing parenthesis.</summary>
    public void ReadSubstitution()
    {
        NotPlain();
        ReadNested();
    }

    /// <summary>Reads a line within the line, such as between backquotes.</summary>
    public void Include(string text)
    {
        var nested = Parse(text, _depth + 1);
        _commands.AddRange(nested.Commands);
        _isPlain = false;
        _isUnderstood &= nested.IsUnderstood;
    }

    private void ReadNested()
    {
        if (++_depth > MaxDepth)
        {
            NotUnderstood();
            At = Text.Length;
            return;
        }

        var hasBegun = _hasBegun;
        _hasBegun = false;
        ReadList(closing: ')');
        _hasBegun = hasBegun;
        _depth--;
    }

    private void ReadList(char closing)
    {
        List<ShellWord> command = [];
        while (!IsAtEnd)
        {
            switch (Next)
            {
                case ' ' or '\t':
                    At++;
                    break;
                case '\\' when Peek(1) == '\n':
                    SkipContinuation();
                    break;
                case '\n':
                    At++;
                    End(command);
                    SkipHereDocuments();
                    break;
                case '#':
                    SkipComment();
                    break;
                case '&' when Peek(1) == '>':
                case '<' or '>' when Peek(1) != '(':
                    ReadRedirection();
                    break;
                case ';' or '&' or '|':
                    ReadSeparator();
                    End(command);
                    break;
                case '(':
                    // After a word: a function, an array. Two at once: arithmetic.
                    if (command.Count > 0 || Peek(1) == '(')
                        NotUnderstood();
                    At++;
                    End(command);
                    ReadNested();
                    break;
                case ')':
                    At++;
                    End(command);
                    if (closing == ')')
                        return;
                    NotUnderstood();
                    break;
                default:
                    ReadWord(command);
                    break;
            }
        }

        End(command);
        if (closing != '\0' || _hereDocuments.Count > 0)
            NotUnderstood();
    }

    private void End(List<ShellWord> command)
    {
        if (command.Count > 0)
            _commands.Add(new ShellCommand([.. command]));
        command.Clear();
        _hasBegun = false;
    }

    private void ReadSeparator()
    {
        var first = Next;
        At++;
        if (first == '|' && Next is '|' or '&')
            At++;
        else if (first == '&' && Next == '&')
            At++;
        else if (first == ';' && Next is ';' or '&')
            NotUnderstood();
    }

    private void ReadWord(List<ShellWord> command)
    {
        var start = At;
        var word = _words.Read();
        var raw = Text[start..At].Replace("\\\n", "", StringComparison.Ordinal).AsSpan();
        if (Next is '<' or '>' && (raw.ContainsOnlyDigits() || ShellKeywords.IsDescriptor(raw)))
        {
            // What is before it names a descriptor, and is no word of the command.
            _isPlain &= raw[0] != '{';
            ReadRedirection();
            return;
        }

        if (Next == '(')
            NotUnderstood();
        if (command.Count == 0 && !_hasBegun && ShellKeywords.IsKeyword(raw, out var isHarmless, out var isSimple))
        {
            _isPlain &= isHarmless;
            _isUnderstood &= isSimple;
        }
        else if (command.Count == 0 && ShellKeywords.IsAssignment(raw))
        {
            _hasBegun = true;
            NotPlain();
        }
        else
        {
            command.Add(word);
        }
    }

    private void ReadRedirection()
    {
        // After a redirection, and after an assignment, a keyword is an ordinary word.
        _hasBegun = true;
        var start = At;
        while (Next is '<' or '>' or '&' or '|' or '-' && At - start < 3 && !(At > start && Next is '<' or '>' && Peek(1) == '('))
        {
            // A dash belongs to "<<-" only; else it is what follows.
            if (Next == '-' && !Text.AsSpan(start, At - start).SequenceEqual("<<"))
                break;
            At++;
        }

        var op = Text[start..At];
        if (op is ">&" or "<&" && Next == '-')
        {
            // Closes a descriptor; what follows at once is a word of its own.
            At++;
            return;
        }

        SkipBlanks();
        var targetStart = At;
        var target = _words.Read();
        if (At == targetStart)
            NotUnderstood();
        if (op is "<<" or "<<-")
        {
            NotPlain();
            if (target.Literal is null)
            {
                // A shell takes it as it is written, which is not what was read.
                NotUnderstood();
            }

            var raw = Text[targetStart..At];
            _hereDocuments.Add(new HereDocument(target.Text, op == "<<-", raw.AsSpan().IndexOfAny('\'', '"', '\\') < 0));
            return;
        }

        var isDuplicate = op is ">&" or "<&" && target.Literal is { } descriptor && (descriptor == "-" || descriptor.AsSpan().ContainsOnlyDigits());
        if (!isDuplicate && !(op is "<" or ">" or ">>" or ">|" or "&>" or "&>>" && target.Literal == "/dev/null"))
            NotPlain();
    }

    private void SkipBlanks()
    {
        while (Next is ' ' or '\t' || (Next == '\\' && Peek(1) == '\n'))
        {
            if (Next == '\\')
                SkipContinuation();
            else
                At++;
        }
    }

    /// <summary>
    /// A backslash at the end of a line. A shell takes both away before it looks further, so that "$" and "(" on either side
    /// become one: only between blanks does it mean nothing.
    /// </summary>
    public void SkipContinuation()
    {
        if (At > 0 && Text[At - 1] is not (' ' or '\t' or '\n'))
            NotUnderstood();
        At += 2;
    }

    private void SkipComment()
    {
        while (!IsAtEnd && Next != '\n')
        {
            if (char.IsControl(Next) && Next != '\t')
                NotUnderstood();
            At++;
        }
    }

    private void SkipHereDocuments()
    {
        foreach (var document in _hereDocuments)
        {
            bool isLast;
            do
            {
                if (IsAtEnd)
                {
                    NotUnderstood();
                    break;
                }

                var end = Text.IndexOf('\n', At);
                var line = Text[At..(end < 0 ? Text.Length : end)];
                At = end < 0 ? Text.Length : end + 1;
                isLast = (document.StripsTabs ? line.TrimStart('\t') : line) == document.Delimiter;
                if (!isLast && document.Expands && line.AsSpan().IndexOfAny('$', '`', '\\') >= 0)
                    NotUnderstood();
            }
            while (!isLast);
        }

        _hereDocuments.Clear();
    }

    private sealed record HereDocument(string Delimiter, bool StripsTabs, bool Expands);
}
