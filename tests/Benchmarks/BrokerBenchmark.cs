using System.Buffers.Text;
using System.Diagnostics;
using System.Net.Sockets;
using System.Text;

namespace Claudy.Benchmarks;

/// <summary>What the broker adds to a request: directly to a stand-in of the API, and through Claudy to the same one, turn by turn in one run.</summary>
internal static class BrokerBenchmark
{
    private const int Streams = 100;
    private static readonly byte[] Mark = Encoding.UTF8.GetBytes("\"text\":\"");

    public static async Task<int> RunAsync(bool isQuick)
    {
        var (requests, rounds, paced, burst) = isQuick ? (100, 1, 20, 500) : (1_000, 5, 100, 2_000);
        await using var api = await StandInServer.StartAsync();
        await using var claudy = await ClaudyServer.StartBeforeAsync(api.Address);
        await using var client = await FrameClient.ConnectAsync(claudy.WebSocket, claudy.AccessToken);
        await client.SendAsync("""{"type":"create_session","id":"create"}""");
        await client.ReceiveUntilAsync("\"session_created\"");
        await client.ReceiveUntilAsync("\"status\":\"idle\"");
        using var direct = ClientOf(api.Address, socketPath: null);
        using var broker = ClientOf(new Uri("http://localhost"), claudy.ApiSocket());

        // The first ones compile.
        await FirstBytesAsync(direct, broker, 100, 100);
        await ManyAsync(direct, 10, 1);
        await ManyAsync(broker, 10, 1);

        List<(string Name, double Direct, double Broker)> first = [];
        foreach (var bytes in new[] { 1_000, 100_000, 1_000_000 })
        {
            var (plain, brokered) = await FirstBytesAsync(direct, broker, bytes == 1_000_000 ? requests / 5 : requests, bytes);
            foreach (var (name, quantile) in new[] { ("p50", 0.5), ("p99", 0.99) })
            {
                first.Add(($"to the first byte, a request of {bytes / 1_000:N0} kB, {name}", Figures.Quantile(plain, quantile), Figures.Quantile(brokered, quantile)));
            }
        }

        List<double> directDelays = [], brokerDelays = [], directRates = [], brokerRates = [];
        for (var round = 0; round < rounds; round++)
        {
            directDelays.AddRange((await ManyAsync(direct, paced, 20)).Delays);
            brokerDelays.AddRange((await ManyAsync(broker, paced, 20)).Delays);
            directRates.Add((await ManyAsync(direct, burst, 0)).Rate);
            brokerRates.Add((await ManyAsync(broker, burst, 0)).Rate);
        }

        Console.WriteLine($"{requests:N0} requests, {rounds} rounds; {Streams} streams at once, {brokerDelays.Count:N0} paced pieces, {burst:N0} pieces a burst and stream; {Figures.Machine()}");
        Console.WriteLine();
        Console.WriteLine("| what | direct | through the broker | the broker adds |");
        Console.WriteLine("| --- | ---: | ---: | ---: |");
        foreach (var (name, plain, brokered) in first)
        {
            Console.WriteLine($"| {name} | {plain:0.000} ms | {brokered:0.000} ms | {brokered - plain:+0.000;-0.000} ms |");
        }

        foreach (var (name, quantile) in new[] { ("p50", 0.5), ("p99", 0.99) })
        {
            var (plain, brokered) = (Figures.Quantile(directDelays, quantile), Figures.Quantile(brokerDelays, quantile));
            Console.WriteLine($"| a piece written to read, {Streams} streams of 50 a second, {name} | {plain:0.000} ms | {brokered:0.000} ms | {brokered - plain:+0.000;-0.000} ms |");
        }

        var (theirs, ours) = (Figures.Median(directRates), Figures.Median(brokerRates));
        Console.WriteLine($"| pieces per second, {Streams} streams as fast as they go, median of rounds | {theirs:N0} | {ours:N0} | {ours / theirs:0.00} times |");
        return 0;
    }

    private static HttpClient ClientOf(Uri address, string? socketPath)
    {
        var handler = new SocketsHttpHandler();
        if (socketPath is not null)
        {
            handler.ConnectCallback = async (_, cancellationToken) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(socketPath), cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            };
        }

        return new HttpClient(handler) { BaseAddress = address };
    }

    // In turn, so that what else the machine does meets both.
    private static async Task<(List<double> Direct, List<double> Broker)> FirstBytesAsync(HttpClient direct, HttpClient broker, int count, int bytes)
    {
        List<double> plain = [], brokered = [];
        var body = MessagesStandIn.Request(1, 0, bytes);
        for (var i = 0; i < count; i++)
        {
            plain.Add(await FirstByteAsync(direct, body));
            brokered.Add(await FirstByteAsync(broker, body));
        }

        return (plain, brokered);
    }

    private static async Task<double> FirstByteAsync(HttpClient client, byte[] body)
    {
        var begun = Stopwatch.GetTimestamp();
        using var response = await SendAsync(client, body);
        await using var stream = await response.Content.ReadAsStreamAsync();
        var buffer = new byte[4096];
        await stream.ReadExactlyAsync(buffer.AsMemory(0, 1));
        var elapsed = Stopwatch.GetElapsedTime(begun).TotalMilliseconds;
        while (await stream.ReadAsync(buffer) > 0)
        {
            // The connection is used again once all is read.
        }

        return elapsed;
    }

    private static async Task<(double Rate, List<double> Delays)> ManyAsync(HttpClient client, int pieces, int pauseInMilliseconds)
    {
        var begun = Stopwatch.GetTimestamp();
        var streams = await Task.WhenAll(Enumerable.Range(0, Streams).Select(_ => Task.Run(() => StreamAsync(client, pieces, pauseInMilliseconds))));
        var rate = (double)Streams * pieces / Stopwatch.GetElapsedTime(begun).TotalSeconds;
        return (rate, [.. streams.SelectMany(delays => delays)]);
    }

    private static async Task<List<double>> StreamAsync(HttpClient client, int pieces, int pauseInMilliseconds)
    {
        List<double> delays = new(pieces);
        using var response = await SendAsync(client, MessagesStandIn.Request(pieces, pauseInMilliseconds, 1_000));
        await using var stream = await response.Content.ReadAsStreamAsync();
        var buffer = new byte[64 * 1024];
        var length = 0;
        while (await stream.ReadAsync(buffer.AsMemory(length)) is var read and > 0)
        {
            var now = Stopwatch.GetTimestamp();
            length += read;
            var rest = buffer.AsSpan(0, length);
            while (rest.IndexOf(Mark) is >= 0 and var at && rest.Length >= at + Mark.Length + 20)
            {
                rest = rest[(at + Mark.Length)..];
                if (Utf8Parser.TryParse(rest[..20], out long written, out _))
                {
                    delays.Add((now - written) * 1000.0 / Stopwatch.Frequency);
                }
            }

            // What may be the beginning of the next piece; all else is done with.
            var kept = rest.Length > 512 ? rest[^512..] : rest;
            kept.CopyTo(buffer);
            length = kept.Length;
        }

        return delays.Count == pieces ? delays : throw new InvalidOperationException($"{delays.Count} of {pieces} pieces came.");
    }

    private static async Task<HttpResponseMessage> SendAsync(HttpClient client, byte[] body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/messages") { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new("application/json");
        var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        return response.EnsureSuccessStatusCode();
    }
}
