using System.Buffers.Binary;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Claudy.Integration.Tests.Support;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Edge;

/// <summary>Which versions of TLS the server speaks, by greetings that are written byte by byte: a library would refuse old versions itself.</summary>
public sealed class TlsVersionTests : IDisposable
{
    private const byte Alert = 21;
    private const byte Handshake = 22;
    private const byte Fatal = 2;
    private const byte ProtocolVersion = 70;
    private const byte ServerHello = 2;

    private static readonly DateTimeOffset From = new(2020, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset Until = new(2120, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("claudy-tls-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData(0x0301)]
    [InlineData(0x0302)]
    public async Task Greeting_WhenItOffersNothingNewerThanTls11_ShouldBeRefusedForItsVersion(ushort version)
    {
        await using var server = await StartAsync();

        var answer = await GreetAsync(server, version);

        (answer.Type, answer.Content[0], answer.Content[1]).ShouldBe((Alert, Fatal, ProtocolVersion));
    }

    [Fact]
    public async Task Greeting_WhenItOffersTls12_ShouldBeAnsweredInIt()
    {
        await using var server = await StartAsync();

        var answer = await GreetAsync(server, 0x0303);

        (answer.Type, answer.Content[0]).ShouldBe((Handshake, ServerHello));
        BinaryPrimitives.ReadUInt16BigEndian(answer.Content.AsSpan(4)).ShouldBe((ushort)0x0303);
    }

    private async Task<ClaudyServer> StartAsync()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=claudy.example", key, HashAlgorithmName.SHA256);
        using var certificate = request.CreateSelfSigned(From, Until);
        var path = Path.Combine(_folder.FullName, "claudy.pem");
        await File.WriteAllTextAsync(path, $"{certificate.ExportCertificatePem()}\n{key.ExportPkcs8PrivateKeyPem()}\n");
        return await ClaudyServer.StartAsync(new() { ["urls"] = "https://127.0.0.1:0", ["Claudy:Tls:CertificatePath"] = path });
    }

    // Sends a ClientHello and reads the first record of the answer.
    private static async Task<(byte Type, byte[] Content)> GreetAsync(ClaudyServer server, ushort version)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(server.Address.Host, server.Address.Port);
        var stream = client.GetStream();
        await stream.WriteAsync(Greeting(version));
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        var header = new byte[5];
        await stream.ReadExactlyAsync(header, deadline.Token);
        var content = new byte[BinaryPrimitives.ReadUInt16BigEndian(header.AsSpan(3))];
        await stream.ReadExactlyAsync(content, deadline.Token);
        return (header[0], content);
    }

    // RFC 5246, 7.4.1.2: the same for each version, with cipher suites that each of them has.
    private static byte[] Greeting(ushort version)
    {
        byte[] hello =
        [
            .. Two(version), .. RandomNumberGenerator.GetBytes(32), 0,
            .. Sized([.. Two(0xC02B), .. Two(0xC02C), .. Two(0xC009), .. Two(0xC00A), .. Two(0xC02F), .. Two(0x002F), .. Two(0x000A)]),
            1, 0,
            .. Sized([
                .. Two(10), .. Sized(Sized([.. Two(23), .. Two(24)])), // supported groups: P-256, P-384
                .. Two(11), .. Sized([1, 0]), // points in the plain form
                .. version >= 0x0303 ? [.. Two(13), .. Sized(Sized([.. Two(0x0403), .. Two(0x0503), .. Two(0x0804)]))] : Array.Empty<byte>(), // signatures
            ]),
        ];
        byte[] handshake = [1, 0, .. Two((ushort)hello.Length), .. hello];
        return [Handshake, 3, 1, .. Sized(handshake)];
    }

    private static byte[] Sized(byte[] content) => [.. Two((ushort)content.Length), .. content];

    private static byte[] Two(ushort number) => [(byte)(number >> 8), (byte)number];
}
