using Claudy.Application.Sessions;
using Claudy.Domain.Users;
using MediatR;

namespace Claudy.WebApi.Http.Exports;

/// <summary>Streams a session's history as a file: a page of events at a time, and no faster than the client reads.</summary>
internal sealed class SessionExport(IMediator mediator, TimeProvider time)
{
    /// <summary>Answers with the history up to the event that is the last one now.</summary>
    public async Task WriteAsync(HttpContext context, UserId user, SessionDetails session, ExportFormat format)
    {
        var opened = await mediator.Send(new ExportSession(user, session.Document.Id), context.RequestAborted);
        if (!opened.IsSuccess)
        {
            await Problems.WriteAsync(context, opened.Error);
            return;
        }

        // Before anything is written: a store that is away is still a proper answer then.
        var page = await opened.Value.ReadAfterAsync(0, context.RequestAborted);
        Begin(context.Response, session, format);
        var output = context.Response.BodyWriter;
        var transcript = format.Open(output, session, time.GetUtcNow());
        transcript.Begin();
        for (long written = 0; written < session.LastSeq;)
        {
            if (page.Count == 0)
            {
                // Deleted meanwhile: half a history must not look like a whole one.
                context.Abort();
                return;
            }

            foreach (var stored in page.TakeWhile(stored => stored.Seq <= session.LastSeq))
            {
                transcript.Write(stored);
                await output.FlushAsync(context.RequestAborted);
            }

            written = page[^1].Seq;
            page = await opened.Value.ReadAfterAsync(written, context.RequestAborted);
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
