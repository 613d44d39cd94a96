using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace Claudy.Benchmarks;

/// <summary>The least that an upload can be: the body goes into a file, which is synced and takes its name. No digest, no quota, no user.</summary>
internal static class BareStore
{
    public static async Task<int> RunAsync(string address, string folder)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(address);
        await using var app = builder.Build();
        app.MapPut("/{name}", context => StoreAsync(context, folder));
        await app.StartAsync();
        Console.WriteLine("ready");
        await Console.In.ReadLineAsync();
        await app.StopAsync();
        return 0;
    }

    private static async Task StoreAsync(HttpContext context, string folder)
    {
        context.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>().MaxRequestBodySize = null;
        var staged = Path.Combine(folder, Guid.NewGuid().ToString("N"));
        await using (var file = new FileStream(staged, FileMode.CreateNew, FileAccess.Write, FileShare.None, 128 * 1024, useAsync: true))
        {
            await context.Request.Body.CopyToAsync(file, 128 * 1024, context.RequestAborted);
            await file.FlushAsync(context.RequestAborted);
            RandomAccess.FlushToDisk(file.SafeFileHandle);
        }

        File.Move(staged, Path.Combine(folder, (string)context.Request.RouteValues["name"]!), overwrite: true);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }
}

/// <summary>The bare store in a process of its own.</summary>
internal sealed class StoreServer : IAsyncDisposable
{
    private readonly ServerProcess _process;
    private readonly DirectoryInfo _folder;

    private StoreServer(ServerProcess process, DirectoryInfo folder, Uri address) => (_process, _folder, Address) = (process, folder, address);

    public Uri Address { get; }

    public static async Task<StoreServer> StartAsync()
    {
        var folder = Directory.CreateTempSubdirectory("claudy-bench-");
        var address = $"http://127.0.0.1:{ServerProcess.FreePort()}";
        var process = ServerProcess.Start([typeof(StoreServer).Assembly.Location, "bare-store", address, folder.FullName], []);
        await process.LineAsync(line => line == "ready");
        return new StoreServer(process, folder, new Uri(address));
    }

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        _folder.Delete(recursive: true);
    }
}
