using Claudy.Application.Authentication.Ports;
using Claudy.Domain.Shared;
using MediatR;
using Microsoft.Extensions.Options;

namespace Claudy.Application.Authentication.GitHub;

/// <summary>Begins a sign-in with GitHub.</summary>
/// <param name="RedirectUri">Where GitHub is to send the person with the code; absolute.</param>
/// <param name="InBrowser">Whether the browser that begins is the one that goes on, which is then made sure of.</param>
public sealed record BeginGitHubSignIn(Uri RedirectUri, bool InBrowser) : IRequest<Result<BegunGitHubSignIn>>;

/// <summary>A sign-in has begun.</summary>
/// <param name="AuthorizeUrl">Where the person goes now.</param>
/// <param name="State">Names the sign-in; 45 characters, holds once.</param>
/// <param name="Binding">What the browser must bring back with the code; null for a program.</param>
/// <param name="Lifetime">For how long it can be gone on with: ten minutes.</param>
public sealed record BegunGitHubSignIn(Uri AuthorizeUrl, string State, Secret? Binding, TimeSpan Lifetime)
{
    /// <summary>The name alone: a state is worth something until it is taken.</summary>
    public override string ToString() => nameof(BegunGitHubSignIn);
}

internal sealed class BeginGitHubSignInHandler(IOneTimeStore pending, IGitHub github, IOptions<AdmissionOptions> options)
    : IRequestHandler<BeginGitHubSignIn, Result<BegunGitHubSignIn>>
{
    // The page that GitHub sends people back to sees by this whether it is to go on itself or to show the code.
    private const string BrowserPrefix = "b.";
    private const string ProgramPrefix = "p.";

    public async Task<Result<BegunGitHubSignIn>> Handle(BeginGitHubSignIn request, CancellationToken cancellationToken)
    {
        var state = (request.InBrowser ? BrowserPrefix : ProgramPrefix) + PendingGitHubSignIn.NewText();
        var verifier = PendingGitHubSignIn.NewText();
        var binding = request.InBrowser ? PendingGitHubSignIn.NewText() : null;
        await new PendingGitHubSignIn(new Secret(verifier), request.RedirectUri, binding is null ? null : PendingGitHubSignIn.HashOf(binding))
            .PutAsync(pending, state, cancellationToken);

        var url = github.AuthorizeUrl(new GitHubAuthorization(
            state, PendingGitHubSignIn.HashOf(verifier), request.RedirectUri, WithOrganizations: options.Value.AllowedOrganizations.Length > 0));
        return new BegunGitHubSignIn(url, state, binding is null ? null : new Secret(binding), PendingGitHubSignIn.Lifetime);
    }
}
