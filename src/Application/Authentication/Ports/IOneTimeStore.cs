namespace Claudy.Application.Authentication.Ports;

/// <summary>Values that can be taken once and that run out.</summary>
public interface IOneTimeStore
{
    /// <summary>Keeps a value under a key until it is taken or <paramref name="lifetime"/> is over.</summary>
    Task PutAsync(string key, string value, TimeSpan lifetime, CancellationToken cancellationToken);

    /// <summary>Takes the value; of two that try, one gets it. Null when there is none any more.</summary>
    Task<string?> TakeAsync(string key, CancellationToken cancellationToken);
}
