namespace Claudy.Application.Authentication;

/// <summary>How people can sign in to this server, by its settings of now.</summary>
/// <param name="Local">Whether the local user can.</param>
/// <param name="Issuer">Whose accounts can, as <see cref="Domain.Users.ExternalIdentity.Issuer"/>; null for nobody's.</param>
public sealed record SignInMethods(bool Local, string? Issuer);
