using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using Claudy.Application.Sessions;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using Claudy.Infrastructure.InProcess;
using Claudy.Integration.Tests.Contracts;
using Claudy.WebApi.Http;
using Claudy.WebApi.WebSockets;
using MediatR;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Claudy.Integration.Tests.WebSockets;

/// <summary>
/// A session that writes texts, delta by delta, and goes on with its script at every point where attaching could be
/// overtaken: before and after its answer, and around each read of the log. As the real one, it answers from the middle of
/// a batch and publishes the batch before the answer arrives.
/// </summary>
internal sealed class ScriptedSession : IMediator, ISessionEventLog, IAttachmentOwner
{
    private const int Steps = 60;

    private readonly Random _random;
    private readonly SessionId _id = TestSessions.NewId();
    private readonly InProcessSessionFeed _feed = new();
    private readonly OutboundQueue _outbound = new(64 * 1024 * 1024);
    private readonly ConnectionSessions _sessions;
    private readonly List<StoredEvent> _log = [];
    private readonly List<FeedItem> _batch = [];
    private readonly int _textLength;
    private StoredEvent[] _published = [];
    private Attachment? _hole;
    private string? _text;
    private string _written = "";
    private int _chunks;
    private int _stepsLeft;

    public ScriptedSession(int seed, int events = 0, int textLength = 1)
    {
        _random = new Random(seed);
        _textLength = textLength;
        var hub = new SessionHub(_feed, Options.Create(new HttpOptions()), TimeProvider.System, NullLogger<SessionHub>.Instance);
        _sessions = new ConnectionSessions(hub, _outbound, this, TimeProvider.System);
        for (var i = 0; i < events; i++)
        {
            AppendAndPublish();
        }
    }

    /// <summary>Whether attaching is refused.</summary>
    public bool Refuses { get; set; }

    /// <summary>Whether the session is deleted once attaching to it was answered.</summary>
    public bool IsDeletedMeanwhile { get; set; }

    /// <summary>Whether the client was given up.</summary>
    public bool WasTooSlow { get; private set; }

    public long AfterSeq { get; private set; }

    public long LastSeq => _log.Count;

    /// <summary>All texts: how many deltas each has, and which event completed it.</summary>
    public Dictionary<string, (int Chunks, long CompletedAt)> Texts { get; } = new(StringComparer.Ordinal);

    /// <summary>The last event that the answer told of.</summary>
    public long AttachedAt { get; private set; }

    public IReadOnlyList<InFlightText> InFlight { get; private set; } = [];

    public async Task<List<JsonElement>> AttachInTheMidst(UserId user)
    {
        _stepsLeft = Steps;
        Advance(_random.Next(Steps / 2));
        Publish();
        AfterSeq = _random.Next((int)LastSeq + 1);
        await BeginAttachAsync(user, AfterSeq);
        Advance(_stepsLeft);
        Publish();
        return Drain();
    }

    public async Task<List<JsonElement>> AttachAsync(UserId user, long? afterSeq)
    {
        await BeginAttachAsync(user, afterSeq);
        return Drain();
    }

    public async Task BeginAttachAsync(UserId user, long? afterSeq)
    {
        var attached = await _sessions.AttachAsync(this, user, _id, afterSeq, (reply, _) => Announce(reply), CancellationToken.None);
        if (!attached.IsSuccess)
        {
            throw new InvalidOperationException(attached.Error.Message);
        }
    }

    public async Task<bool> TryAttachAsync(UserId user) =>
        (await _sessions.AttachAsync(this, user, _id, 0, (reply, _) => Announce(reply), CancellationToken.None)).IsSuccess;

    /// <summary>Leaves no room for any further frame.</summary>
    public void FillOutbound()
    {
        while (_outbound.TryEnqueueLive([new byte[] { 0 }]))
        {
            // Until nothing more fits.
        }
    }

    public async Task<List<JsonElement>> RepairAsync(UserId user)
    {
        await _sessions.RepairAsync(this, user, _hole!, CancellationToken.None);
        return Drain();
    }

    /// <summary>Leaves the session, as a client does that detaches.</summary>
    public void Leave() => _sessions.Leave(_id);

    public void AppendWithoutPublishing()
    {
        Append(new AssistantText($"m{LastSeq + 1}", new string('x', _textLength), IsPartial: false, null));
        _batch.Clear();
    }

    public void AppendAndPublish()
    {
        Append(new AssistantText($"m{LastSeq + 1}", new string('x', _textLength), IsPartial: false, null));
        Publish();
    }

    public void PublishAgain() => _feed.Publish(_id, [.. _published.Select(stored => new FeedItem.Durable(stored))]);

    /// <summary>What was sent since the last call.</summary>
    public List<JsonElement> Drain()
    {
        List<JsonElement> frames = [];
        var scratch = new byte[OutboundQueue.WriteSize];
        while (_outbound.Take(scratch) is { Length: > 0 } bytes)
        {
            for (var rest = bytes.Span; rest.Length > 0;)
            {
                var (header, length) = rest[1] switch
                {
                    126 => (4, BinaryPrimitives.ReadUInt16BigEndian(rest[2..])),
                    127 => (10, (int)BinaryPrimitives.ReadUInt64BigEndian(rest[2..])),
                    var small => (2, small),
                };
                frames.Add(JsonDocument.Parse(Encoding.UTF8.GetString(rest.Slice(header, length))).RootElement);
                rest = rest[(header + length)..];
            }
        }

        return frames;
    }

    public Task<TResponse> Send<TResponse>(IRequest<TResponse> request, CancellationToken cancellationToken = default)
    {
        AdvanceABit();
        object response = request switch
        {
            AttachSession when Refuses => (Result<SessionReply.Attached>)SessionErrors.NotFound(),
            AttachSession => Attached(),
            OpenSessionEvents when IsDeletedMeanwhile => Result<SessionEvents>.Failure(SessionErrors.NotFound()),
            OpenSessionEvents => Result.Success(new SessionEvents(this, _id)),
            _ => throw new NotSupportedException(),
        };
        AdvanceABit();
        return Task.FromResult((TResponse)response);
    }

    public Task<IReadOnlyList<StoredEventJson>> ReadPageAsync(SessionId session, long afterSeq, int maxBytes, CancellationToken cancellationToken)
    {
        AdvanceABit();
        IReadOnlyList<StoredEventJson> page =
        [
            .. _log.Skip((int)afterSeq).Take(_stepsLeft > 0 ? 3 : 50)
                .Select(stored => new StoredEventJson(stored.Seq, stored.At, SessionEventJson.EncodeEvent(stored.Event))),
        ];
        AdvanceABit();
        return Task.FromResult(page);
    }

    public Task<Result> AppendAsync(SessionId session, long epoch, long afterSeq, IReadOnlyList<StoredEvent> events, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task<IReadOnlyList<StoredEvent>> ReadAfterAsync(SessionId session, long afterSeq, int limit, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task<IReadOnlyList<StoredEvent>> ReadBeforeAsync(SessionId session, long beforeSeq, int limit, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task<SessionHead> HeadAsync(SessionId session, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task DeleteAsync(SessionId session, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task Publish(object notification, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public Task Publish<TNotification>(TNotification notification, CancellationToken cancellationToken = default)
        where TNotification : INotification => throw new NotSupportedException();

    public void OnTooSlow(Attachment attachment) => WasTooSlow = true;

    public void OnHole(Attachment attachment) => _hole = attachment;

    public void OnDeleted(Attachment attachment) => throw new InvalidOperationException("Nothing is deleted here.");

    public void OnFault(Attachment attachment) => throw new InvalidOperationException("Nothing fails here.");

    private Task Announce(SessionReply.Attached reply)
    {
        InFlight = reply.InFlight;
        AttachedAt = reply.LastSeq;
        AdvanceABit();
        return Task.CompletedTask;
    }

    private Result<SessionReply.Attached> Attached()
    {
        // From the middle of a batch: what the reply tells may be published only after it was made.
        Advance(_random.Next(4), publish: false);
        var state = new SessionState { Settings = new SessionSettings { Name = "scripted" } };
        IReadOnlyList<InFlightText> inFlight = _text is null ? [] : [new InFlightText(_text, _written, _chunks, IsThinking: false)];
        var reply = new SessionReply.Attached(state, LastSeq, inFlight);
        Advance(_random.Next(4), publish: false);
        Publish();
        return reply;
    }

    private void AdvanceABit() => Advance(_random.Next(6));

    private void Advance(int steps, bool publish = true)
    {
        for (; steps > 0 && _stepsLeft > 0; steps--, _stepsLeft--)
        {
            Step();
            if (publish && _random.Next(2) == 0)
            {
                Publish();
            }
        }

        if (publish)
        {
            Publish();
        }
    }

    private void Step()
    {
        switch (_random.Next(5))
        {
            case 0 when _text is not null:
                Append(new AssistantText(_text, _written, IsPartial: false, null));
                Texts[_text] = (_chunks, LastSeq);
                _text = null;
                break;
            case 1:
                Append(new StatusChanged(SessionStatus.Running, null));
                break;
            default:
                WriteDelta();
                break;
        }
    }

    private void WriteDelta()
    {
        if (_text is null)
        {
            _text = $"text{Texts.Count}";
            _written = "";
            _chunks = 0;
        }

        var piece = $"{_chunks};";
        _written += piece;
        _batch.Add(new FeedItem.Delta(_text, _chunks++, Encoding.UTF8.GetBytes(piece), IsThinking: false));
        Texts[_text] = (_chunks, long.MaxValue);
    }

    private void Append(SessionEvent sessionEvent)
    {
        var stored = new StoredEvent(LastSeq + 1, TestSessions.Now, sessionEvent);
        _log.Add(stored);
        _batch.Add(new FeedItem.Durable(stored));
    }

    private void Publish()
    {
        if (_batch.Count > 0)
        {
            _published = [.. _batch.OfType<FeedItem.Durable>().Select(d => d.Stored)];
            _feed.Publish(_id, [.. _batch]);
            _batch.Clear();
        }
    }
}
