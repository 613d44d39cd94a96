namespace Claudy.WebApi.Protocol;

/// <summary>A Git repository in <c>create_session</c>.</summary>
/// <remarks>No record: a printed one would show the token.</remarks>
internal sealed class RepositoryData
{
    /// <summary>Its address: https, without credentials.</summary>
    public string? Url { get; init; }

    /// <summary>A branch, a tag or a whole commit id; none for the default branch.</summary>
    public string? Ref { get; init; }

    /// <summary>What it is read with; none for a public one.</summary>
    public string? Token { get; init; }
}

/// <summary>Data of <c>repository_progress</c>.</summary>
/// <param name="Id">The id of the frame that asked for it; none when it had none. No <c>reply_to</c>: that is the answer's alone.</param>
/// <param name="Phase">What git does, in lower snake case.</param>
/// <param name="Percent">How much of that is done.</param>
internal sealed record RepositoryProgressData(string? Id, string Phase, int Percent);
