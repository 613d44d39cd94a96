using Claudy.Application.Sessions;
using Claudy.Domain.Users;
using MediatR;

namespace Claudy.WebApi.Http.Exports;

/// <summary>Streams a session's history as a file: a page of events at a time, and no faster than the client reads.</summary>
internal sealed class SessionExport(IMediator mediator, TimeProvider time)
{
    // An event can be of megabytes, and a page is in memory as a whole.
    private const int PageSize = 50;

    /// <summary>Answers with the history up to the event that is the last one now.</summary>
    public async Task WriteAsync(HttpContext context, UserId user, SessionDetails session, ExportFormat format)
    {
        var id = session.Document.Id;
        var output = context.Response.BodyWriter;
        var transcript = format.Open(output, session, time.GetUtcNow());
        for (long written = 0; written < session.LastSeq;)
        {
            var page = await mediator.Send(new ReadSessionEvents(user, id, written, PageSize), context.RequestAborted);
            if (!page.IsSuccess && written == 0)
            {
                await Problems.WriteAsync(context, page.Error);
                return;
            }

            if (!page.IsSuccess || page.Value.Count == 0)
            {
                // Deleted meanwhile, or the store is away: half a history must not look like a whole one.
                context.Abort();
                return;
            }

            if (written == 0)
            {
                Begin(context.Response, session, format);
                transcript.Begin();
            }

            foreach (var stored in page.Value.TakeWhile(stored => stored.Seq <= session.LastSeq))
            {
                transcript.Write(stored);
                await output.FlushAsync(context.RequestAborted);
            }

            written = page.Value[^1].Seq;
        }

        transcript.End();
        await output.FlushAsync(context.RequestAborted);
    }

    private static void Begin(HttpResponse response, SessionDetails session, ExportFormat format)
    {
        response.ContentType = format.ContentType;
        response.Headers.CacheControl = "no-store";
        response.Headers.ContentDisposition = ExportFileName.Disposition(session.Document.State.Settings.Name, session.Document.Id, format.Extension);
    }
}
