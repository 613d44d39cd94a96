using Claudy.Application.Authentication;
using Claudy.Application.Authentication.Ports;
using Claudy.Application.Users.Ports;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using Claudy.WebApi.Http;
using Claudy.WebApi.Protocol;

namespace Claudy.WebApi.WebSockets;

/// <summary>Who a connection belongs to, and until when: it must authenticate in time, and again when its token runs out.</summary>
internal sealed class ConnectionAuthentication : IAsyncDisposable
{
    // The longest that a timer can be set for.
    private static readonly TimeSpan MaxDue = TimeSpan.FromDays(49);

    private readonly ClientConnection _connection;
    private readonly ConnectionGuard _guard;
    private readonly IConnectionLimiter _limiter;
    private readonly ConnectionAudit _audit;
    private readonly HttpOptions _options;
    private readonly TimeProvider _time;
    private readonly ITimer _deadline;
    private IAsyncDisposable? _entry;
    private volatile Identity? _identity;

    public ConnectionAuthentication(ClientConnection connection, ConnectionGuard guard, IConnectionLimiter limiter, ConnectionAudit audit, HttpOptions options, TimeProvider time)
    {
        _connection = connection;
        _guard = guard;
        _limiter = limiter;
        _audit = audit;
        _options = options;
        _time = time;
        _deadline = time.CreateTimer(
            static state => ((ConnectionAuthentication)state!).OnDeadline(), this, options.AuthenticationTimeout, Timeout.InfiniteTimeSpan);
    }

    public bool IsAuthenticated => _identity is not null;

    /// <summary>The user; only for frames that need authentication.</summary>
    public UserId UserId => _identity?.UserId ?? throw new InvalidOperationException("The connection is not authenticated.");

    /// <summary>Takes the identity that came with the upgrade, if one did.</summary>
    public async Task BeginAsync(Identity? identity, CancellationToken cancellationToken)
    {
        if (identity is not null)
        {
            Conclude(identity, await EnterAsync(identity, cancellationToken), null);
        }
    }

    /// <summary>Checks a token that came in a frame, and answers.</summary>
    public async Task AuthenticateAsync(string? token, string? replyTo, CancellationToken cancellationToken)
    {
        var validated = await _guard.CheckTokenAsync(token ?? "", cancellationToken);
        if (validated.IsSuccess)
        {
            Conclude(validated.Value, await EnterAsync(validated.Value, cancellationToken), replyTo);
        }
        else
        {
            _audit.Refused(null, validated.Error);
            _connection.Send(Answer.Of(validated.Error), replyTo);
        }
    }

    /// <summary>Closes the connection if it is open by what was revoked.</summary>
    public void OnRevoked(Grant revoked)
    {
        if (_identity?.Grant == revoked)
        {
            _connection.Close(CloseCodes.NotAuthenticated, "revoked");
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _deadline.DisposeAsync();
        if (_entry is not null)
        {
            await _entry.DisposeAsync();
        }
    }

    private async Task<Result> EnterAsync(Identity identity, CancellationToken cancellationToken)
    {
        if (_identity is { } present && present.UserId != identity.UserId)
        {
            return ProtocolErrors.OtherUser();
        }

        _entry ??= await _limiter.TryEnterAsync(identity.UserId, _options.MaxConnectionsPerUser, cancellationToken);
        if (_entry is null)
        {
            return ProtocolErrors.TooManyConnections(_options.MaxConnectionsPerUser);
        }

        _identity = identity;
        if (_guard.IsRevoked(identity.Grant))
        {
            // Between the check of the token and now, when nobody could yet find this connection by it.
            OnRevoked(identity.Grant);
            return AuthErrors.TokenRevoked();
        }

        _guard.SignedIn();
        SetDeadline(identity.ExpiresAt - _time.GetUtcNow() ?? MaxDue);
        return Result.Success();
    }

    private void SetDeadline(TimeSpan due) =>
        _deadline.Change(TimeSpan.FromTicks(Math.Clamp(due.Ticks, 0, MaxDue.Ticks)), Timeout.InfiniteTimeSpan);

    private void OnDeadline()
    {
        if (_identity is not { } identity)
        {
            _connection.Close(CloseCodes.NotAuthenticated, "not authenticated in time");
            return;
        }

        var overdue = _time.GetUtcNow() - identity.ExpiresAt ?? -MaxDue;
        if (overdue < TimeSpan.Zero)
        {
            SetDeadline(-overdue);
        }
        else if (overdue < _options.ReauthenticationTimeout)
        {
            _connection.Send(Answer.Empty(FrameTypes.Answer.AuthExpired), null);
            SetDeadline(_options.ReauthenticationTimeout - overdue);
        }
        else
        {
            _connection.Close(CloseCodes.NotAuthenticated, "token expired");
        }
    }

    private void Conclude(Identity identity, Result entered, string? replyTo)
    {
        if (entered.Error is { } refused)
        {
            _audit.Refused(identity.UserId, refused);
        }
        else
        {
            _audit.SignedIn(identity);
        }

        _connection.Send(entered.Error is null ? Success(identity) : Answer.Of(entered.Error), replyTo);
        if (_entry is null)
        {
            _connection.Close(CloseCodes.Limited, "too many connections");
        }
    }

    private Answer Success(Identity identity) => Answer.Of(
        FrameTypes.Answer.AuthSuccess,
        new AuthSuccessData(
            identity.UserId.ToString(),
            identity.Username,
            _connection.Id.ToString("D"),
            WebSocketEndpoint.Subprotocol,
            identity.ExpiresAt,
            new ConnectionLimitsData(_options.MaxFrameBytes, _options.FramesPerSecond, _options.FrameBurst)),
        ProtocolJson.Default.AuthSuccessData);
}
