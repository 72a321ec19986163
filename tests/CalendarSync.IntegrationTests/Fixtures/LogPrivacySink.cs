using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace CalendarSync.IntegrationTests.Fixtures;

/// <summary>Reads every log line that a host writes, its structured values and exceptions too, because exporters send those as well.</summary>
internal sealed class LogPrivacySink : ILoggerProvider
{
    private readonly ConcurrentQueue<string> _violations = new();
    private int _lines;

    /// <summary>Lines read.</summary>
    public int Lines => Volatile.Read(ref _lines);

    /// <summary>Lines that hold something private.</summary>
    public IReadOnlyCollection<string> Violations => _violations;

    public ILogger CreateLogger(string categoryName) => new Reader(this, categoryName);

    /// <summary>Shared by all hosts of the assembly, each of which disposes its providers.</summary>
    public void Dispose()
    {
    }

    private void Read(string category, LogLevel level, string text)
    {
        Interlocked.Increment(ref _lines);
        if (LogPrivacyRules.Find(text) is { } kind)
        {
            _violations.Enqueue($"{kind} in {category} ({level}): {text}");
        }
    }

    private sealed class Reader(LogPrivacySink sink, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull
        {
            sink.Read(category, LogLevel.None, Describe(state));
            return null;
        }

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            sink.Read(category, logLevel, $"{formatter(state, exception)} {Describe(state)} {exception}");

        private static string Describe<TState>(TState state) =>
            state is IEnumerable<KeyValuePair<string, object?>> values ? string.Join(' ', values.Select(value => $"{value.Key}={value.Value}")) : $"{state}";
    }
}
