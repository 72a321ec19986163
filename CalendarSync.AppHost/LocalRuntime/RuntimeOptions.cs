namespace Aspire.Hosting.Local;

/// <summary>How an application runs: on the developer's screen, or inside a test.</summary>
internal sealed record RuntimeOptions
{
    public static RuntimeOptions Default { get; } = new();

    /// <summary>Settings below the command line and above the environment.</summary>
    public IReadOnlyDictionary<string, string?> Settings { get; init; } = new Dictionary<string, string?>();

    /// <summary>Where everybody's lines go. Null: the console.</summary>
    public TextWriter? Output { get; init; }

    /// <summary>Ports of nobody's choice and a data folder that goes when the application goes.</summary>
    public bool IsTest { get; init; }
}
