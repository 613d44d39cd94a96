using Claudy.Domain.Users;
using Microsoft.Extensions.Options;

namespace Claudy.WebApi.Edge;

/// <summary>How many files users are sending at once on this node: what is under way is on the disk before any quota can count it.</summary>
internal sealed class TransferPlaces(IOptions<LimitOptions> options)
{
    private readonly AddressCounts _counts = new(options.Value.TransfersPerUser);

    /// <summary>How many a user may.</summary>
    public int Limit => options.Value.TransfersPerUser;

    /// <summary>Counts one in until the answer is disposed; null when it is one too many.</summary>
    public IDisposable? TryEnter(UserId user) => _counts.TryEnter(user.ToString());
}
