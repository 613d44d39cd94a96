namespace Claudy.Domain.Users;

/// <summary>Who a user is for whoever vouches for them. Names change hands there; this does not.</summary>
/// <param name="Issuer">Who vouches, by host, such as <c>github.com</c>.</param>
/// <param name="Subject">The account's id there, such as <c>583231</c>; never its name.</param>
public sealed record ExternalIdentity(string Issuer, string Subject);
