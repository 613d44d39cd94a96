using System.Text.Json;
using Claudy.Application.Files.Ports;
using Claudy.Application.Sessions.Ports;
using Claudy.Application.Users.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Users;
using Claudy.Domain.Workspaces;
using Claudy.Infrastructure.Files;
using Claudy.Infrastructure.Sqlite;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Claudy.Benchmarks;

/// <summary>Writes sessions with a history into the data of a server that does not run, by the session's own rules and through the server's own stores.</summary>
internal static class SleepingSessions
{
    private const int Turns = 3;
    private const int AtOnce = 256;
    private static readonly TimeSpan Age = TimeSpan.FromDays(30);

    /// <summary>Writes sessions of the local user that fell asleep one after the other over the last month.</summary>
    public static async Task WriteAsync(string dataFolder, int count)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection([new("Claudy:Data", dataFolder), new("Claudy:Sqlite:Synchronous", "Normal")]);
        builder.Services.AddSingleton(TimeProvider.System).AddSingleton<IWorkspaceObserver, Nobody>();
        builder.AddSqliteStores().AddWorkspaceFiles();
        using var host = builder.Build();
        await host.StartAsync();
        var (store, log) = (host.Services.GetRequiredService<ISessionStore>(), host.Services.GetRequiredService<ISessionEventLog>());
        var workspaces = host.Services.GetRequiredService<IWorkspaceFiles>();
        var now = TimeProvider.System.GetUtcNow();
        var user = await host.Services.GetRequiredService<IUserStore>().FindOrAddAsync(User.LocalUsername, now, CancellationToken.None);
        await Parallel.ForEachAsync(Enumerable.Range(0, count), new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (number, _) =>
        {
            var session = Lived(user.Id, number, now - Age + (Age * number / count));
            workspaces.Prepare(session.Id);
            await store.AddAsync(new SessionDocument(session.Id, session.Owner, session.CreatedAt, session.LastActivityAt, session.LastSeq, session.State), CancellationToken.None);
            var appended = await log.AppendAsync(session.Id, epoch: 0, afterSeq: 0, session.TakeUncommitted(), CancellationToken.None);
            if (!appended.IsSuccess)
            {
                throw new InvalidOperationException(appended.Error.Message);
            }
        });
        await host.StopAsync();
    }

    private sealed class Nobody : IWorkspaceObserver
    {
        public Task OnChangedAsync(SessionId session, IReadOnlyList<ChangedFile> files, bool isTruncated) => Task.CompletedTask;

        public Task OnExceededAsync(SessionId session, WorkspaceUsage usage) => Task.CompletedTask;
    }

    private static Session Lived(UserId owner, int number, DateTimeOffset created)
    {
        var session = Session.Create(SessionId.New(created), owner, new SessionSettings { Name = $"Session {number}" }, created);
        var at = created;
        session.AgentStarting(at);
        session.AgentReady(at);
        for (var turn = 1; turn <= Turns; turn++)
        {
            at += TimeSpan.FromSeconds(10);
            session.AcceptMessage(new ChatMessage(Guid.CreateVersion7(at).ToString(), null, $"Please mend what test {turn} of part {number} complains of.", []), canStart: true, at);
            session.Record(new AssistantText($"msg_{turn}a", $"I will look at part {number} first.", IsPartial: false, null), at);
            session.Record(new ToolUsed($"toolu_{turn}", "Read", Json($$"""{"file_path":"/workspace/src/Part{{number}}.cs"}"""), null), at);
            session.Record(new ToolReturned($"toolu_{turn}", Json($"\"{string.Concat(Enumerable.Repeat($"var part{number} = Parts.Next(); ", 30))}\""), IsError: false, null), at);
            session.Record(new AssistantText($"msg_{turn}b", $"Part {number} forgot its {turn}. value; test {turn} passes now.", IsPartial: false, null), at);
            session.CompleteTurn("end_turn", new TokenUsage(100, 50, 0, 0), 0.001m, canStart: true, at + TimeSpan.FromSeconds(5));
        }

        session.AgentStopped("idle", at + TimeSpan.FromMinutes(30));
        return session;
    }

    private static JsonElement Json(string json)
    {
        using var document = JsonDocument.Parse(json);
        return document.RootElement.Clone();
    }
}
