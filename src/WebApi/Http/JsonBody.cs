using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Claudy.WebApi.Http;

/// <summary>Bodies of small requests and answers.</summary>
internal static class JsonBody
{
    /// <summary>What a request carries; null when that is nothing, no JSON, or not of the type.</summary>
    public static async Task<T?> ReadAsync<T>(HttpContext context, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return context.Request.HasJsonContentType()
                ? await JsonSerializer.DeserializeAsync(context.Request.Body, type, context.RequestAborted)
                : null;
        }
        catch (JsonException)
        {
            // The same answer as for no body at all.
            return null;
        }
    }

    /// <summary>Answers with what no cache may keep.</summary>
    public static Task WriteAsync<T>(HttpContext context, T data, JsonTypeInfo<T> type)
    {
        context.Response.ContentType = "application/json";
        context.Response.Headers.CacheControl = "no-store";
        return JsonSerializer.SerializeAsync(context.Response.Body, data, type, context.RequestAborted);
    }
}
