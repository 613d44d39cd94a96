using Claudy.Application.Audit;
using Claudy.Application.Authentication;
using Claudy.Application.Authentication.GitHub;
using Claudy.Application.Credentials;
using Claudy.Application.Files;
using Claudy.Application.Files.Ports;
using Claudy.Application.Messaging;
using Claudy.Application.Sessions;
using Claudy.Application.Sessions.Admission;
using Claudy.Application.Sessions.Retention;
using Claudy.Application.Usage;
using FluentValidation;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Claudy.Application;

/// <summary>Composes the use cases.</summary>
public static class DependencyInjection
{
    /// <summary>Adds use cases, their behaviours and the session host. The ports come from Infrastructure.</summary>
    public static IHostApplicationBuilder AddApplication(this IHostApplicationBuilder builder)
    {
        var services = builder.Services;
        services.TryAddSingleton(TimeProvider.System);

        services.AddScoped<ServiceFactory>(provider => provider.GetRequiredService);
        services.AddScoped<IMediator, Mediator>();
        services.Scan(scan => scan.FromAssemblyOf<SessionRunner>()
            .AddClasses(classes => classes.AssignableTo(typeof(IRequestHandler<,>)), publicOnly: false)
            .AsImplementedInterfaces()
            .WithScopedLifetime());
        services.Scan(scan => scan.FromAssemblyOf<SessionRunner>()
            .AddClasses(classes => classes.AssignableTo(typeof(IValidator<>)), publicOnly: false)
            .AsImplementedInterfaces()
            .WithSingletonLifetime());

        // Outermost first.
        services.AddScoped(typeof(IPipelineBehavior<,>), typeof(TracingBehaviour<,>));
        services.AddScoped(typeof(IPipelineBehavior<,>), typeof(ValidationBehaviour<,>));
        services.AddScoped(typeof(IPipelineBehavior<,>), typeof(AuditBehaviour<,>));
        services.AddScoped(typeof(IPipelineBehavior<,>), typeof(OwnershipBehaviour<,>));

        services.AddScoped<AuditOrigin>();
        services.AddScoped<ForeignAccess>();
        services.AddSingleton<IValidateOptions<SignInOptions>, SignInOptionsValidator>();
        services.AddOptions<SignInOptions>().BindConfiguration(SignInOptions.Section).ValidateOnStart();
        services.AddSingleton<Revocations>();
        services.AddSingleton<SignIns>();
        services.AddSingleton<Authenticator>();
        services.AddHostedService<SignInUpkeep>();
        services.AddSingleton<IValidateOptions<AdmissionOptions>, AdmissionOptionsValidator>();
        services.AddOptions<AdmissionOptions>().BindConfiguration(AdmissionOptions.Section).ValidateOnStart();
        services.AddScoped<GitHubAdmission>();
        services.AddSingleton<UserStanding>();

        services.AddSingleton<IValidateOptions<SessionOptions>, SessionOptionsValidator>();
        services.AddOptions<SessionOptions>().BindConfiguration(SessionOptions.Section).ValidateOnStart();
        services.AddSingleton<AgentAdmission>();
        services.AddSingleton<IValidateOptions<NetworkOptions>, NetworkOptionsValidator>();
        services.AddOptions<NetworkOptions>().BindConfiguration(NetworkOptions.Section).ValidateOnStart();
        services.AddUsage();
        services.AddSingleton<ConfigurationLook>();
        services.AddSingleton<UserCredentials>();
        services.AddSingleton<KeyChecks>();
        services.AddHostedService<StoredCredentialCheck>();
        services.AddSingleton<SessionRunnerFactory>();
        services.AddSingleton<SessionRemoval>();
        services.AddSingleton<SessionDeletion>();
        services.AddSingleton<ClonedSessions>();
        services.AddSingleton<SessionHost>();
        services.AddSingleton<IWorkspaceObserver, WorkspaceNews>();
        services.AddHostedService(provider => provider.GetRequiredService<SessionHost>());

        services.AddSingleton<IValidateOptions<RetentionOptions>, RetentionOptionsValidator>();
        services.AddOptions<RetentionOptions>().BindConfiguration(RetentionOptions.Section).ValidateOnStart();
        services.AddSingleton<RetentionSweep>();
        services.AddHostedService<RetentionSchedule>();
        return builder;
    }
}
