using Claudy.Application.Audit;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using FluentValidation;
using MediatR;

namespace Claudy.Application.Sessions;

/// <summary>Decides about what the workspace's own files would configure. An approval takes effect when the process next starts, which it does as soon as it rests.</summary>
/// <param name="UserId">Who decides.</param>
/// <param name="SessionId">Which session.</param>
/// <param name="Digest">What was seen: a change since then makes the answer void.</param>
/// <param name="Decision">Approved or rejected.</param>
public sealed record ReviewConfiguration(UserId UserId, SessionId SessionId, string Digest, ConfigurationDecision Decision) : IControlRequest, IAudited
{
    /// <inheritdoc/>
    public AuditAct Act => new AuditAct("configuration.reviewed") { IsCritical = true }.With("digest", Digest).With("decision", Decision.ToString());
}

internal sealed class ReviewConfigurationValidator : AbstractValidator<ReviewConfiguration>
{
    public ReviewConfigurationValidator()
    {
        RuleFor(r => r.Digest).NotEmpty().MaximumLength(100);
        RuleFor(r => r.Decision).Must(d => d is ConfigurationDecision.Approved or ConfigurationDecision.Rejected);
    }
}

internal sealed class ReviewConfigurationHandler(ISessionInbox inbox) : IRequestHandler<ReviewConfiguration, Result<SessionReply.Done>>
{
    public Task<Result<SessionReply.Done>> Handle(ReviewConfiguration request, CancellationToken cancellationToken) =>
        inbox.ControlAsync(request, new SessionCommand.ReviewConfiguration(request.Digest, request.Decision), cancellationToken);
}
