using Claudy.Application.Authentication.Ports;
using Claudy.Application.Sessions.Ports;
using Claudy.Application.Users.Ports;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;

namespace Claudy.Infrastructure.InProcess;

/// <summary>Coordination for one node: everything is in this process's memory.</summary>
public static class InProcessCoordination
{
    /// <summary>Adds the directory, feed, inbox, one-time store and limiters of a single node.</summary>
    public static IHostApplicationBuilder AddInProcessCoordination(this IHostApplicationBuilder builder)
    {
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.AddSingleton<ISessionDirectory, InProcessSessionDirectory>();
        builder.Services.AddSingleton<ISessionFeed, InProcessSessionFeed>();
        builder.Services.AddSingleton<ISessionInbox, InProcessSessionInbox>();
        builder.Services.AddSingleton<IOneTimeStore, InProcessOneTimeStore>();
        builder.Services.AddSingleton<IConnectionLimiter, InProcessConnectionLimiter>();
        builder.Services.AddSingleton<IRateLimiter>(services => new InProcessRateLimiter(services.GetRequiredService<TimeProvider>()));
        builder.Services.AddSingleton<IFailedAttempts>(services => new InProcessFailedAttempts(services.GetRequiredService<TimeProvider>()));
        return builder;
    }
}
