using System.Globalization;
using Claudy.Application.Audit.Ports;
using Claudy.Domain.Shared;
using MediatR;

namespace Claudy.Application.Audit;

/// <summary>Reads the audit log. Never offered over the network: it is for <c>claudy audit export</c>, whose caller can read the files anyway.</summary>
/// <param name="Filter">Which records.</param>
public sealed record ExportAudit(AuditFilter Filter) : IRequest<Result<IAsyncEnumerable<ReadOnlyMemory<byte>>>>, IAudited
{
    /// <inheritdoc/>
    public AuditAct Act => new AuditAct("audit.exported")
        .With("from", Filter.From?.ToString("O", CultureInfo.InvariantCulture))
        .With("to", Filter.To?.ToString("O", CultureInfo.InvariantCulture))
        .With("user", Filter.User)
        .With("action", Filter.Action);
}

internal sealed class ExportAuditHandler(IAuditTrail trail) : IRequestHandler<ExportAudit, Result<IAsyncEnumerable<ReadOnlyMemory<byte>>>>
{
    public Task<Result<IAsyncEnumerable<ReadOnlyMemory<byte>>>> Handle(ExportAudit request, CancellationToken cancellationToken) =>
        Task.FromResult(Result.Success(trail.ReadAsync(request.Filter, CancellationToken.None)));
}
