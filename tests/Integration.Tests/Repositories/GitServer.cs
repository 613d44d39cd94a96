using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Claudy.Integration.Tests.Repositories;

/// <summary>A real Git host on loopback: git's own http-backend behind TLS, with a certificate made for this run.</summary>
internal sealed class GitServer : IAsyncDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("claudy-githost-");
    private readonly WebApplication _app;

    private GitServer()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var certificate = MakeCertificate();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(certificate)));
        _app = builder.Build();
        _app.Run(HandleAsync);
    }

    /// <summary>What it asks for as the password; null for a public host.</summary>
    public string? Token { get; set; }

    /// <summary>Where every request is sent on to; null for nowhere.</summary>
    public Uri? RedirectsTo { get; set; }

    /// <summary>Holds up every request until it completes.</summary>
    public TaskCompletionSource? Holds { get; set; }

    /// <summary>Path and Authorization of each request.</summary>
    public ConcurrentQueue<(string Path, string? Authorization)> Requests { get; } = new();

    public int Port => new Uri(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single()).Port;

    public string CertificatePath => Path.Combine(_folder.FullName, "certificate.pem");

    public static async Task<GitServer> StartAsync()
    {
        var server = new GitServer();
        await server._app.StartAsync();
        return server;
    }

    public string UrlOf(string repository, string host = "git.test") => $"https://{host}:{Port}/{repository}.git";

    /// <summary>Makes a repository of what a shell script commits, with git's own means.</summary>
    /// <returns>The id of its newest commit; empty when there is none.</returns>
    public string Make(string name, string script)
    {
        var work = Path.Combine(_folder.FullName, $"work-{name}");
        var bare = Path.Combine(_folder.FullName, "repositories", $"{name}.git");
        Directory.CreateDirectory(work);
        return Shell(
            work,
            $"git init -q -b main && {script} && git clone -q --bare . '{bare}' >/dev/null 2>&1 && git rev-parse --verify -q HEAD || true");
    }

    public static string Shell(string folder, string script)
    {
        var start = new ProcessStartInfo("/bin/sh", ["-c", script]) { WorkingDirectory = folder, RedirectStandardOutput = true, UseShellExecute = false };
        foreach (var who in new[] { "AUTHOR", "COMMITTER" })
        {
            start.Environment[$"GIT_{who}_NAME"] = "Test";
            start.Environment[$"GIT_{who}_EMAIL"] = "test@git.test";
        }

        start.Environment["GIT_CONFIG_GLOBAL"] = "/dev/null";
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return output.Trim();
    }

    public async ValueTask DisposeAsync()
    {
        Holds?.TrySetResult();
        await _app.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    private X509Certificate2 MakeCertificate()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=git.test", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("git.test");
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        var now = TimeProvider.System.GetUtcNow();
        using var made = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        File.WriteAllText(CertificatePath, made.ExportCertificatePem());
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
    }

    private async Task HandleAsync(HttpContext context)
    {
        Requests.Enqueue((context.Request.Path, context.Request.Headers.Authorization));
        if (Holds is { } holds)
        {
            await holds.Task.WaitAsync(context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        if (RedirectsTo is { } target)
        {
            context.Response.Redirect(new Uri(target, context.Request.Path + context.Request.QueryString).AbsoluteUri);
        }
        else if (Token is not null && !HasToken(context.Request))
        {
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            context.Response.Headers.WWWAuthenticate = "Basic realm=\"git\"";
        }
        else
        {
            await RunBackendAsync(context);
        }
    }

    private bool HasToken(HttpRequest request) =>
        request.Headers.Authorization.ToString() is { } header && header.StartsWith("Basic ", StringComparison.Ordinal)
        && Encoding.ASCII.GetString(Convert.FromBase64String(header["Basic ".Length..])).EndsWith($":{Token}", StringComparison.Ordinal);

    private async Task RunBackendAsync(HttpContext context)
    {
        var request = context.Request;
        var start = new ProcessStartInfo("git", ["-c", "safe.directory=*", "http-backend"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        start.Environment["GIT_PROJECT_ROOT"] = Path.Combine(_folder.FullName, "repositories");
        start.Environment["GIT_HTTP_EXPORT_ALL"] = "1";
        start.Environment["PATH_INFO"] = request.Path;
        start.Environment["REQUEST_METHOD"] = request.Method;
        start.Environment["QUERY_STRING"] = request.QueryString.Value?.TrimStart('?');
        start.Environment["CONTENT_TYPE"] = request.ContentType;
        start.Environment["HTTP_CONTENT_ENCODING"] = request.Headers.ContentEncoding;
        start.Environment["GIT_PROTOCOL"] = request.Headers["Git-Protocol"];
        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body, context.RequestAborted);
        start.Environment["CONTENT_LENGTH"] = body.Length.ToString(CultureInfo.InvariantCulture);
        using var process = Process.Start(start)!;
        try
        {
            body.Position = 0;
            await body.CopyToAsync(process.StandardInput.BaseStream, context.RequestAborted);
            process.StandardInput.Close();
            await ReadHeadAsync(process.StandardOutput.BaseStream, context.Response);
            await process.StandardOutput.BaseStream.CopyToAsync(context.Response.Body, context.RequestAborted);
        }
        catch (Exception gone) when (gone is IOException or OperationCanceledException)
        {
            process.Kill();
        }
    }

    private static async Task ReadHeadAsync(Stream output, HttpResponse response)
    {
        var line = new StringBuilder();
        var one = new byte[1];
        while (await output.ReadAsync(one) == 1)
        {
            if (one[0] != '\n')
            {
                line.Append((char)one[0]);
                continue;
            }

            var text = line.ToString().TrimEnd('\r');
            line.Clear();
            if (text.Length == 0)
            {
                return;
            }

            var (name, value) = (text[..text.IndexOf(':', StringComparison.Ordinal)], text[(text.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim());
            if (name == "Status")
            {
                response.StatusCode = int.Parse(value.Split(' ')[0], CultureInfo.InvariantCulture);
            }
            else
            {
                response.Headers[name] = value;
            }
        }
    }
}
