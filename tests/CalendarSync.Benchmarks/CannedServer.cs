using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace CalendarSync.Benchmarks;

/// <summary>
/// A CalDAV server that answers from memory, in a process of its own: its processor time is not counted as ours, and it is so quick that it
/// does not hide ours. <c>/user/size/</c> is a calendar of that many events; <c>POST</c> on an event changes it.
/// </summary>
internal static class CannedServer
{
    private static readonly ConcurrentDictionary<string, CannedCalendar> Calendars = new(StringComparer.Ordinal);

    /// <summary>Serves until its input ends, which is when the benchmark that started it ends.</summary>
    public static async Task RunAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        await using var app = builder.Build();
        app.Run(AnswerAsync);
        await app.StartAsync();
        await Console.Out.WriteLineAsync(app.Urls.Single());
        await Console.In.ReadToEndAsync();
    }

    private static async Task AnswerAsync(HttpContext context)
    {
        var parts = context.Request.Path.Value!.Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (parts.Length < 2 || !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var size))
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        var calendar = Calendars.GetOrAdd($"/{parts[0]}/{parts[1]}/", path => new CannedCalendar(path, size));
        using var reader = new StreamReader(context.Request.Body);
        var body = await reader.ReadToEndAsync();
        var depth = context.Request.Headers["Depth"].ToString();
        byte[]? answer = context.Request.Method switch
        {
            "PROPFIND" when depth == "1" => calendar.Listing(withCalendar: true),
            "PROPFIND" => calendar.State(),
            "REPORT" when body.Contains("sync-collection", StringComparison.Ordinal) => calendar.Changes(Between(body, "sync-token>", "<")),
            "REPORT" when body.Contains("calendar-multiget", StringComparison.Ordinal) => calendar.Events(body),
            "REPORT" => calendar.Listing(withCalendar: false),
            _ => null,
        };
        if (answer is null)
        {
            if (context.Request.Method == "POST" && parts.Length == 3)
            {
                calendar.Touch(int.Parse(parts[2], CultureInfo.InvariantCulture));
            }
            else
            {
                context.Response.StatusCode = StatusCodes.Status405MethodNotAllowed;
            }

            return;
        }

        context.Response.StatusCode = StatusCodes.Status207MultiStatus;
        context.Response.ContentType = "application/xml; charset=utf-8";
        context.Response.ContentLength = answer.Length;
        await context.Response.Body.WriteAsync(answer);
    }

    private static string Between(string text, string from, string to)
    {
        var start = text.IndexOf(from, StringComparison.Ordinal);
        return start < 0 ? "" : text[(start + from.Length)..text.IndexOf(to, start + from.Length, StringComparison.Ordinal)];
    }

    private sealed class CannedCalendar(string path, int size)
    {
        private const string TokenPrefix = "urn:bench:";

        private readonly int[] _revisions = new int[size];
        private readonly List<int> _history = [];
        private byte[]? _listing;

        public byte[] State() => Multistatus(
            $"<D:response><D:href>{path}</D:href><D:propstat><D:prop><D:resourcetype><D:collection/><C:calendar/></D:resourcetype>" +
            $"<D:current-user-principal><D:href>{path}</D:href></D:current-user-principal><C:calendar-home-set><D:href>{path}</D:href></C:calendar-home-set>" +
            $"<D:displayname>Bench</D:displayname><D:sync-token>{Token}</D:sync-token><D:supported-report-set><D:supported-report><D:report><D:sync-collection/></D:report>" +
            "</D:supported-report></D:supported-report-set></D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>");

        public byte[] Listing(bool withCalendar)
        {
            if (withCalendar)
            {
                return Multistatus(Collection + string.Concat(Enumerable.Range(0, size).Select(Etag)));
            }

            lock (_history)
            {
                return _listing ??= Multistatus(string.Concat(Enumerable.Range(0, size).Select(Etag)));
            }
        }

        public byte[] Changes(string token)
        {
            lock (_history)
            {
                var since = token.Length > TokenPrefix.Length ? int.Parse(token[TokenPrefix.Length..], CultureInfo.InvariantCulture) : -1;
                var changed = since < 0 ? Enumerable.Range(0, size) : _history.Skip(since).Distinct();
                return Multistatus(string.Concat(changed.Select(Etag)) + $"<D:sync-token>{Token}</D:sync-token>");
            }
        }

        public byte[] Events(string body)
        {
            var text = new StringBuilder(128 * 1024);
            for (var at = body.IndexOf(path + "e", StringComparison.Ordinal); at >= 0; at = body.IndexOf(path + "e", at + 1, StringComparison.Ordinal))
            {
                var start = at + path.Length + 1;
                var index = int.Parse(body.AsSpan(start, body.IndexOf('.', start) - start), CultureInfo.InvariantCulture);
                text.Append(CultureInfo.InvariantCulture, $"<D:response><D:href>{Href(index)}</D:href><D:propstat><D:prop><D:getetag>{Quoted(index)}</D:getetag><C:calendar-data>");
                text.Append(WebUtility.HtmlEncode(CalendarText.Event(index, _revisions[index])));
                text.Append("</C:calendar-data></D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>");
            }

            return Multistatus(text.ToString());
        }

        public void Touch(int index)
        {
            lock (_history)
            {
                _revisions[index]++;
                _history.Add(index);
                _listing = null;
            }
        }

        private string Token => TokenPrefix + _history.Count.ToString(CultureInfo.InvariantCulture);

        private string Collection =>
            $"<D:response><D:href>{path}</D:href><D:propstat><D:prop><D:resourcetype><D:collection/><C:calendar/></D:resourcetype></D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>";

        private string Etag(int index) =>
            $"<D:response><D:href>{Href(index)}</D:href><D:propstat><D:prop><D:resourcetype/><D:getcontenttype>text/calendar; component=VEVENT</D:getcontenttype><D:getetag>{Quoted(index)}</D:getetag></D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>";

        private string Href(int index) => string.Create(CultureInfo.InvariantCulture, $"{path}e{index}.ics");

        private string Quoted(int index) => string.Create(CultureInfo.InvariantCulture, $"\"{index}-{_revisions[index]}\"");

        private static byte[] Multistatus(string content) => Encoding.UTF8.GetBytes(
            $"<?xml version=\"1.0\" encoding=\"utf-8\"?><D:multistatus xmlns:D=\"DAV:\" xmlns:C=\"urn:ietf:params:xml:ns:caldav\">{content}</D:multistatus>");
    }
}
