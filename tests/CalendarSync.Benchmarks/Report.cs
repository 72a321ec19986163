using System.Globalization;
using System.Runtime.InteropServices;

namespace CalendarSync.Benchmarks;

/// <summary>The tables, in Markdown.</summary>
internal static class Report
{
    public static void Machine(int rounds, Measurement? vdirsyncerStart) => Write(
        $"""
        {Environment.ProcessorCount} cores, {RuntimeInformation.FrameworkDescription}, {RuntimeInformation.OSDescription}. Medians of {rounds} imports and {rounds * 5} passes of each kind,
        taken in turns. Our code and database sessions are warm, each import goes into a fresh database and knows nothing of the server yet.
        vdirsyncer is a process of its own each time{(vdirsyncerStart is { } start ? $", of whose time {start.Seconds:F2} s are its start" : " (not measured here)")}.

        """);

    public static void Comparisons(IEnumerable<Row> rows)
    {
        Write(
            """
            | server | events | pass | ours | vdirsyncer | bare requests | ours : vdirsyncer | ours : bare | our CPU | vdirsyncer's CPU | requests | round trips to Postgres |
            |---|--:|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|
            """);
        foreach (var row in rows)
        {
            Write(
                $"| {row.Server} | {row.Events:N0} | {row.Pass} | {Time(row.Ours.Seconds)} | {Time(row.Vdirsyncer?.Seconds)} | {Time(row.Bare.Seconds)} | " +
                $"{Ratio(row.Ours.Seconds, row.Vdirsyncer?.Seconds)} | {Ratio(row.Ours.Seconds, row.Bare.Seconds)} | {Time(row.Ours.Cpu)} | {Time(row.Vdirsyncer?.Cpu)} | {row.Requests:N0} | {row.Statements:N0} |");
        }

        Write("");
    }

    public static void Memory(IEnumerable<(int Events, double Peak)> runs)
    {
        Write(
            """
            | events in one import (canned) | peak resident memory of the process |
            |--:|--:|
            """);
        foreach (var (events, peak) in runs)
        {
            Write($"| {events:N0} | {peak:F0} MiB |");
        }

        Write("");
    }

    public static void Passes(int connections, Throughput throughput) => Write(
        $"""
        | no-change passes of {connections} connections (canned) | |
        |---|--:|
        | per second on this machine, shared with Postgres, Redis and the calendar server | {throughput.PerSecond:F0} |
        | per second of processor time of the worker | {throughput.PerCpuSecond:F0} |
        """);

    private static string Time(double? seconds) => seconds switch
    {
        null => "–",
        < 1 => string.Create(CultureInfo.InvariantCulture, $"{seconds * 1000:F0} ms"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{seconds:F2} s"),
    };

    private static string Ratio(double ours, double? other) => other is { } o ? string.Create(CultureInfo.InvariantCulture, $"{ours / o:F3}") : "–";

    private static void Write(FormattableString text) => Console.Out.WriteLine(text.ToString(CultureInfo.InvariantCulture));

    private static void Write(string text) => Console.Out.WriteLine(text);
}
