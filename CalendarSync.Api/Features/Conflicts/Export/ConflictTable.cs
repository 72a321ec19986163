using System.Globalization;
using System.Text;
using CalendarSync.Core.Model;
using CalendarSync.Core.Notifications;
using CalendarSync.Core.Persistence;
using CsvHelper;
using CsvHelper.Configuration;
using NodaTime.Text;

namespace CalendarSync.Api.Features.Conflicts.Export;

/// <summary>Conflicts as a table for spreadsheets, written while it is read.</summary>
internal sealed class ConflictTable : IAsyncDisposable
{
    public const string ContentType = "text/csv";

    /// <summary>
    /// A title is somebody else's text, and a spreadsheet runs a cell that begins like a formula: such a cell gets a ' before it
    /// (https://owasp.org/www-community/attacks/CSV_Injection).
    /// </summary>
    private static readonly CsvConfiguration Configuration = new(CultureInfo.InvariantCulture)
    {
        NewLine = "\r\n",
        InjectionOptions = InjectionOptions.Escape,
        InjectionCharacters = ['=', '@', '+', '-', '\t', '\r', '\n', '\uff1d', '\uff20', '\uff0b', '\uff0d'],
    };

    private readonly StreamWriter _text;
    private readonly CsvWriter _csv;

    public ConflictTable(Stream stream)
    {
        _text = new StreamWriter(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), leaveOpen: true);
        _csv = new CsvWriter(_text, Configuration, leaveOpen: true);
    }

    public async Task WriteHeaderAsync(CancellationToken ct)
    {
        foreach (var name in new[] { "Date", "Event", "Source", "Resolution", "Status" })
        {
            _csv.WriteField(name);
        }

        await EndRowAsync(ct);
    }

    public async Task WriteAsync(IReadOnlyList<ConflictHistoryRow> rows, CancellationToken ct)
    {
        foreach (var row in rows)
        {
            var calendar = ConflictWords.NameOf(CalendarProviders.Parse(row.Provider));
            _csv.WriteField(InstantPattern.ExtendedIso.Format(row.DetectedAt));
            _csv.WriteField(row.Title);
            _csv.WriteField(calendar);
            _csv.WriteField(row.WinningSource switch
            {
                "external" => $"{calendar} version kept",
                "rowan" => "Rowan version kept",
                _ => "Settled by hand",
            });
            _csv.WriteField(row.ResolutionStatus);
            await EndRowAsync(ct);
        }

        await _text.FlushAsync(ct);
    }

    public async ValueTask DisposeAsync()
    {
        await _csv.DisposeAsync();
        await _text.DisposeAsync();
    }

    private async Task EndRowAsync(CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        await _csv.NextRecordAsync();
    }
}
