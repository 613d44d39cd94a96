using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Claudy.Integration.Tests.ApiBroker;
using Claudy.Integration.Tests.Processes;
using Claudy.Integration.Tests.Support;
using Claudy.WebApi.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Edge;

public sealed class TlsTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("claudy-tls-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Tls_WhenPemFilesAreGiven_ShouldServeThemWithTheirChain()
    {
        using var authority = Authority.Create();
        await using var server = await StartAsync(Pem(authority.Issue("claudy.example"), authority.Intermediate));

        var chain = await ChainAsync(server);

        chain.ShouldBe(["CN=claudy.example", "CN=Intermediate"]);
        using var http = Client(server);
        (await http.SendAsync(HttpMethod.Get, "/health/live", null, ("Host", "claudy.example"))).Headers
            .GetValues("Strict-Transport-Security").ShouldBe(["max-age=2592000"]);
        await using var client = await TestClient.ConnectAsync(
            new UriBuilder(server.WebSocket) { Scheme = "wss" }.Uri, options => options.RemoteCertificateValidationCallback = AcceptAny);
        (await client.AskAsync("auth", content: await server.TokenAsync())).Type().ShouldBe("auth_success");
    }

    [Fact]
    public async Task Tls_WhenThePemKeyIsEncrypted_ShouldTakeThePassword()
    {
        using var authority = Authority.Create();
        var password = Guid.NewGuid().ToString("N");
        await using var server = await StartAsync(Pem(authority.Issue("claudy.example"), authority.Intermediate, password));

        (await ChainAsync(server)).ShouldBe(["CN=claudy.example", "CN=Intermediate"]);
    }

    [Fact]
    public async Task Tls_WhenAPfxFileIsGiven_ShouldServeIt()
    {
        using var authority = Authority.Create();
        var password = Guid.NewGuid().ToString("N");
        var path = Path.Combine(_folder.FullName, "claudy.pfx");
        X509Certificate2Collection all = [authority.Issue("claudy.example"), authority.Intermediate];
        await File.WriteAllBytesAsync(path, all.Export(X509ContentType.Pfx, password)!);

        await using var server = await StartAsync(new() { ["Claudy:Tls:CertificatePath"] = path, ["Claudy:Tls:Password"] = password });

        (await ChainAsync(server)).ShouldBe(["CN=claudy.example", "CN=Intermediate"]);
    }

    [Fact]
    public async Task Tls_WhenTheCertificateIsRenewed_ShouldServeTheNewOneAndKeepConnections()
    {
        using var authority = Authority.Create();
        await using var server = await StartAsync(Pem(authority.Issue("old.example"), authority.Intermediate));
        await using var client = await TestClient.ConnectAsync(
            new UriBuilder(server.WebSocket) { Scheme = "wss" }.Uri, options => options.RemoteCertificateValidationCallback = AcceptAny);

        Pem(authority.Issue("new.example"), authority.Intermediate);

        await Eventually.IsTrueAsync(async () => (await ChainAsync(server))[0] == "CN=new.example", "the new certificate is served");
        (await client.AskAsync("ping")).Type().ShouldBe("pong");
    }

    [Fact]
    public async Task Tls_WhenTheFilesAreSpoiled_ShouldGoOnWithWhatThereWas()
    {
        using var authority = Authority.Create();
        var settings = Pem(authority.Issue("old.example"), authority.Intermediate);
        using var logs = new CapturedLogs();
        await using var server = await StartAsync(settings, services => services.AddSingleton<ILoggerProvider>(logs));

        await File.WriteAllTextAsync(settings["Claudy:Tls:KeyPath"]!, "no key");
        await Eventually.IsTrueAsync(() => logs.Text.Contains("the one before stays in use", StringComparison.Ordinal), "the spoiled key was seen");
        (await ChainAsync(server))[0].ShouldBe("CN=old.example");

        Pem(authority.Issue("new.example"), authority.Intermediate);
        await Eventually.IsTrueAsync(async () => (await ChainAsync(server))[0] == "CN=new.example", "the mended certificate is served");
    }

    [Theory]
    [InlineData("localhost", "00:30:00", null)]
    [InlineData("claudy.example", "00:00:00", null)]
    [InlineData("claudy.example", "00:30:00", "max-age=1800")]
    public async Task Hsts_ShouldBeToldWhereItIsWanted(string host, string maxAge, string? told)
    {
        using var authority = Authority.Create();
        var settings = Pem(authority.Issue("claudy.example"), authority.Intermediate);
        settings["Claudy:Tls:HstsMaxAge"] = maxAge;
        await using var server = await StartAsync(settings);
        using var http = Client(server);

        var answer = await http.SendAsync(HttpMethod.Get, "/health/live", null, ("Host", host));

        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        string.Join(", ", answer.Headers.TryGetValues("Strict-Transport-Security", out var values) ? values : []).ShouldBe(told ?? "");
    }

    [Fact]
    public async Task Hsts_WhenThereIsNoTls_ShouldNotBeTold()
    {
        await using var server = await ClaudyServer.StartAsync(new() { ["Claudy:Http:AllowedHosts:0"] = "claudy.example" });
        using var http = server.Client();

        (await http.SendAsync(HttpMethod.Get, "/health/live", null, ("Host", "claudy.example"))).Headers.Contains("Strict-Transport-Security").ShouldBeFalse();
    }

    [Fact]
    public async Task Start_WhenThereIsNoCertificate_ShouldSaySo()
    {
        var refused = await Should.ThrowAsync<StartupException>(() => ClaudyServer.StartAsync(new() { ["urls"] = "https://127.0.0.1:0" }));

        refused.Message.ShouldContain("Claudy:Tls:CertificatePath");
    }

    [Fact]
    public async Task Start_WhenTheKeyIsAnothers_ShouldSaySo()
    {
        using var authority = Authority.Create();
        var settings = Pem(authority.Issue("claudy.example"), authority.Intermediate);
        var certificate = await File.ReadAllTextAsync(settings["Claudy:Tls:CertificatePath"]!);
        Pem(authority.Issue("other.example"), authority.Intermediate);
        await File.WriteAllTextAsync(settings["Claudy:Tls:CertificatePath"]!, certificate);

        var refused = await Should.ThrowAsync<Exception>(() => StartAsync(settings));

        ServeCommand.Explain(refused).ShouldHaveSingleItem().ShouldContain("Claudy:Tls:CertificatePath");
    }

    private static Task<ClaudyServer> StartAsync(Dictionary<string, string?> settings, Action<IServiceCollection>? change = null) => ClaudyServer.StartAsync(change: change, settings: new(settings)
    {
        ["urls"] = "https://127.0.0.1:0",
        ["Claudy:Tls:ReloadInterval"] = "00:00:00.1",
        ["Claudy:Http:AllowedHosts:0"] = "127.0.0.1",
        ["Claudy:Http:AllowedHosts:1"] = "claudy.example",
        ["Claudy:Http:AllowedHosts:2"] = "localhost",
    });

    private static HttpClient Client(ClaudyServer server) => new(new SocketsHttpHandler
    {
        UseCookies = false,
        SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = AcceptAny },
    })
    {
        BaseAddress = server.Address,
    };

    private static bool AcceptAny(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors) => certificate is not null;

    // Whom the server says it is, and those above it that it sends along.
    private static async Task<string[]> ChainAsync(ClaudyServer server)
    {
        string[] subjects = [];
        using var client = await server.ConnectRawAsync();
        await using var tls = new SslStream(client.GetStream());
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "claudy.example",
            RemoteCertificateValidationCallback = (_, certificate, chain, _) =>
            {
                if (certificate is null || chain is null)
                {
                    return false;
                }

                subjects = [certificate.Subject, .. chain.ChainPolicy.ExtraStore.Select(other => other.Subject).Where(subject => subject != certificate.Subject)];
                return true;
            },
        });
        return subjects;
    }

    private Dictionary<string, string?> Pem(X509Certificate2 certificate, X509Certificate2 intermediate, string? password = null)
    {
        var (certificatePath, keyPath) = (Path.Combine(_folder.FullName, "fullchain.pem"), Path.Combine(_folder.FullName, "key.pem"));
        using var key = certificate.GetECDsaPrivateKey()!;
        File.WriteAllText(certificatePath, $"{certificate.ExportCertificatePem()}\n{intermediate.ExportCertificatePem()}\n");
        File.WriteAllText(keyPath, password is null
            ? key.ExportPkcs8PrivateKeyPem()
            : key.ExportEncryptedPkcs8PrivateKeyPem(password, new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1000)));
        return new()
        {
            ["Claudy:Tls:CertificatePath"] = certificatePath,
            ["Claudy:Tls:KeyPath"] = keyPath,
            ["Claudy:Tls:Password"] = password,
        };
    }

    /// <summary>A root that signed an intermediate, which signs certificates of servers.</summary>
    private sealed record Authority(X509Certificate2 Root, X509Certificate2 Intermediate) : IDisposable
    {
        private static readonly DateTimeOffset From = new(2020, 1, 1, 0, 0, 0, TimeSpan.Zero);
        private static readonly DateTimeOffset Until = new(2120, 1, 1, 0, 0, 0, TimeSpan.Zero);

        public static Authority Create()
        {
            using var rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var rootRequest = Request("Root", rootKey, isAuthority: true);
            var root = rootRequest.CreateSelfSigned(From, Until);
            return new Authority(root, Sign(root, "Intermediate", isAuthority: true));
        }

        public X509Certificate2 Issue(string name) => Sign(Intermediate, name, isAuthority: false);

        public void Dispose()
        {
            Root.Dispose();
            Intermediate.Dispose();
        }

        private static X509Certificate2 Sign(X509Certificate2 issuer, string name, bool isAuthority)
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            using var signed = Request(name, key, isAuthority).Create(issuer, From, Until, RandomNumberGenerator.GetBytes(8));
            return signed.CopyWithPrivateKey(key);
        }

        private static CertificateRequest Request(string name, ECDsa key, bool isAuthority)
        {
            var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
            request.CertificateExtensions.Add(new X509BasicConstraintsExtension(isAuthority, hasPathLengthConstraint: false, 0, critical: true));
            return request;
        }
    }
}
