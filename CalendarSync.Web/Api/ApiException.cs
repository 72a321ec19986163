namespace CalendarSync.Web.Api;

/// <summary>The API said no, or did not answer. The message is in plain words and may be shown as it is.</summary>
internal sealed class ApiException(string message, string code, Exception? innerException = null) : Exception(message, innerException)
{
    /// <summary>The code of an API that cannot be reached.</summary>
    public const string Unreachable = "unreachable";

    /// <summary>Stable, snake_case.</summary>
    public string Code { get; } = code;

    /// <summary>The session is over: signing in again is what helps.</summary>
    public bool IsSignedOut => Code == "unauthorized";
}
