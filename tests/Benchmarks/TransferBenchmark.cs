using System.Diagnostics;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text.Json;

namespace Claudy.Benchmarks;

/// <summary>Ten megabytes into a workspace, by HTTP and by frame, beside a bare server that only stores them; the list of ten thousand files; and a kilobyte into a workspace that is nearly full of files.</summary>
internal static class TransferBenchmark
{
    private const int Size = 10_000_000;
    private const int Files = 10_000;
    private const int PageSize = 1000;

    // One more is the most that a workspace holds.
    private const int NearlyFull = 19_999;

    public static async Task<int> RunAsync(bool isQuick)
    {
        var rounds = isQuick ? 5 : 30;
        await using var claudy = await ClaudyServer.StartAsync();
        await using var store = await StoreServer.StartAsync();
        using var client = await RawClient.ConnectAsync(claudy.WebSocket, claudy.AccessToken);
        using var http = new HttpClient();
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", claudy.AccessToken);
        var uploads = await CreateAsync(client);
        var listed = await CreateAsync(client);
        var folder = Path.Combine(claudy.DataFolder, "workspaces", listed);
        Plant(folder, Files);
        var content = RandomNumberGenerator.GetBytes(Size);
        var frame = $$$"""{"type":"file_upload","session_id":"{{{uploads}}}","data":{"filename":"by-frame","encoding":"base64","overwrite":true,"content":"{{{Convert.ToBase64String(content)}}}"}}""";
        var address = AddressOf(claudy, uploads);

        List<double> bare = [], byHttp = [], byFrame = [], page = [], all = [], walk = [];
        for (var round = -2; round < rounds; round++)
        {
            // The first ones compile.
            List<double>[] figures = round < 0 ? [[], [], [], [], [], []] : [bare, byHttp, byFrame, page, all, walk];
            figures[0].Add(await TimeAsync(() => PutAsync(http, new Uri(store.Address, "/file"), content)));
            figures[1].Add(await TimeAsync(() => PutAsync(http, address, content)));
            figures[2].Add(await TimeAsync(() => AskAsync(client, frame, "\"file_uploaded\"")));
            figures[3].Add(await TimeAsync(() => ListAsync(client, listed, pages: 1)));
            figures[4].Add(await TimeAsync(() => ListAsync(client, listed, pages: int.MaxValue)));
            figures[5].Add(await TimeAsync(() => Walk(folder)));
        }

        Console.WriteLine($"{rounds} rounds; {Figures.Machine()}");
        Console.WriteLine();
        Console.WriteLine("| 10 MB, to the answer | median | p90 | against the bare store |");
        Console.WriteLine("| --- | ---: | ---: | ---: |");
        Print("bare Kestrel, to a file with fsync", bare, bare);
        Print("`PUT`", byHttp, bare);
        Print("`file_upload`, base64", byFrame, bare);
        Console.WriteLine();
        Console.WriteLine($"| {Files:N0} files in 100 folders | median | p90 | against the walk |");
        Console.WriteLine("| --- | ---: | ---: | ---: |");
        Print("a walk in one process, with size and time", walk, walk);
        Print($"`file_list`, the first {PageSize:N0}", page, walk);
        Print($"`file_list`, all, by {PageSize:N0}", all, walk);
        Console.WriteLine();
        await MeasureBooksAsync(claudy, client, http, rounds);
        return 0;
    }

    // Whoever walked the workspace to know its usage would need the time of the walk at each upload.
    private static async Task MeasureBooksAsync(ClaudyServer claudy, RawClient client, HttpClient http, int rounds)
    {
        var (empty, full) = (await CreateAsync(client), await CreateAsync(client));
        var folder = Path.Combine(claudy.DataFolder, "workspaces", full);
        Plant(folder, NearlyFull);
        var content = RandomNumberGenerator.GetBytes(1000);
        List<double> intoEmpty = [], intoFull = [], walk = [];
        for (var round = -5; round < 10 * rounds; round++)
        {
            List<double>[] figures = round < 0 ? [[], [], []] : [intoEmpty, intoFull, walk];
            figures[0].Add(await TimeAsync(() => PutAsync(http, AddressOf(claudy, empty), content)));
            figures[1].Add(await TimeAsync(() => PutAsync(http, AddressOf(claudy, full), content)));
            if (round % 10 == 0)
            {
                figures[2].Add(await TimeAsync(() => Walk(folder)));
            }
        }

        Console.WriteLine("| 1 kB by `PUT`, to the answer | median | p90 | against the empty one |");
        Console.WriteLine("| --- | ---: | ---: | ---: |");
        Print("into an empty workspace", intoEmpty, intoEmpty);
        Print($"into one of {NearlyFull:N0} files", intoFull, intoEmpty);
        Print("a walk of the latter in one process", walk, intoEmpty);
    }

    private static Uri AddressOf(ClaudyServer claudy, string session) => new($"http://127.0.0.1:{claudy.WebSocket.Port}/api/session/{session}/files/by-http");

    private static void Print(string what, List<double> figures, List<double> baseline) => Console.WriteLine(
        $"| {what} | {Figures.Median(figures):0.0} ms | {Figures.Quantile(figures, 0.9):0.0} ms | {Figures.Median(figures) / Figures.Median(baseline):0.0} times |");

    private static async Task<double> TimeAsync(Func<Task> work)
    {
        var begun = Stopwatch.GetTimestamp();
        await work();
        return Stopwatch.GetElapsedTime(begun).TotalMilliseconds;
    }

    private static async Task<string> CreateAsync(RawClient client)
    {
        using var created = JsonDocument.Parse(await AskAsync(client, """{"type":"create_session"}""", "\"session_created\""));
        return created.RootElement.GetProperty("session_id").GetString()!;
    }

    private static async Task<string> AskAsync(RawClient client, string frame, string answer)
    {
        await client.SendAsync(frame);
        return await client.ReceiveUntilAsync(answer);
    }

    private static async Task PutAsync(HttpClient http, Uri address, byte[] content)
    {
        using var body = new ByteArrayContent(content);
        using var answer = await http.PutAsync(address, body);
        answer.EnsureSuccessStatusCode();
    }

    private static async Task ListAsync(RawClient client, string session, int pages)
    {
        string? cursor = null;
        do
        {
            var data = JsonSerializer.Serialize(new Dictionary<string, object?> { ["recursive"] = true, ["limit"] = PageSize, ["cursor"] = cursor });
            using var page = JsonDocument.Parse(await AskAsync(client, $$"""{"type":"file_list","session_id":"{{session}}","data":{{data}}}""", "{\"type\":\"file_list\""));
            cursor = page.RootElement.GetProperty("data").TryGetProperty("next_cursor", out var next) ? next.GetString() : null;
        }
        while (cursor is not null && --pages > 0);
    }

    private static Task Walk(string folder)
    {
        var bytes = new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length + file.LastWriteTimeUtc.Second);
        return bytes > 0 ? Task.CompletedTask : throw new InvalidOperationException("Nothing was walked.");
    }

    private static void Plant(string folder, int count)
    {
        for (var i = 0; i < count; i++)
        {
            var inner = Directory.CreateDirectory(Path.Combine(folder, $"folder-{i % 100:00}"));
            File.WriteAllText(Path.Combine(inner.FullName, $"file-{i:00000}.txt"), "a little");
        }
    }
}
