using System.Collections.Immutable;
using System.Globalization;
using System.Xml.Linq;
using CalendarSync.Core.Model;
using CalendarSync.Core.Providers.CalDav.ICalendar;
using CalendarSync.Core.Providers.CalDav.Wire;

namespace CalendarSync.Core.Providers.CalDav;

/// <summary>Reads calendars out of a listing of a calendar home. Pure.</summary>
internal static class CalendarListing
{
    /// <summary>What is asked of each collection.</summary>
    public static readonly ImmutableArray<XName> Properties =
    [
        DavNames.ResourceType, DavNames.DisplayName, DavNames.SupportedComponents, DavNames.PrivilegeSet, DavNames.CalendarColor,
        DavNames.CalendarTimeZone, DavNames.Ctag, DavNames.SyncToken, DavNames.MaxResourceSize, DavNames.DefaultCalendar,
    ];

    /// <summary>The calendars that hold events, in the server's order.</summary>
    /// <param name="resources">The listing.</param>
    /// <param name="baseUri">For the href of the default calendar.</param>
    /// <param name="year">The current year, for zones that are known by their rules only.</param>
    public static ImmutableArray<RemoteCalendar> Read(IReadOnlyCollection<DavResource> resources, Uri baseUri, int year)
    {
        var calendars = resources.Where(HoldsEvents).Select(resource => ToCalendar(resource, year)).ToImmutableArray();
        var named = resources.SelectMany(r => r.Hrefs(DavNames.DefaultCalendar)).Select(href => DavPath.Canonical(baseUri, href)).OfType<string>().FirstOrDefault();

        // Without a word from the server: iCloud's own calendar is the one at "home"; else the first that can be written.
        var primary = calendars.FirstOrDefault(c => named is not null && DavPath.SameCollection(c.Id, named))
            ?? calendars.FirstOrDefault(c => !c.ReadOnly && DavPath.LastSegment(c.Id) == "home")
            ?? calendars.FirstOrDefault(c => !c.ReadOnly);
        return primary is null ? calendars : calendars.Replace(primary, primary with { Primary = true });
    }

    /// <summary><c>#RRGGBB</c> in upper case from "#RRGGBB", iCloud's "#RRGGBBAA" or "#RGB"; <c>null</c> for anything else.</summary>
    public static string? Color(string? value)
    {
        var hex = value?.Trim().TrimStart('#') ?? "";
        hex = hex.Length == 3 ? string.Concat(hex.SelectMany(c => new[] { c, c })) : hex;
        return hex.Length is 6 or 8 && uint.TryParse(hex, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out _)
            ? "#" + hex[..6].ToUpperInvariant()
            : null;
    }

    private static bool HoldsEvents(DavResource resource)
    {
        // Nextcloud lists what is in its trash as calendars too.
        var trashed = resource.Properties.TryGetValue(DavNames.ResourceType, out var types) && types.Elements().Any(t => t.Name.LocalName == "deleted-calendar");
        return resource.IsOfType(DavNames.Calendar)
            && !trashed
            && (!resource.Properties.TryGetValue(DavNames.SupportedComponents, out var components)
                || !components.HasElements
                || components.Elements(DavNames.CalDav + "comp").Any(c => string.Equals(c.Attribute("name")?.Value, "VEVENT", StringComparison.OrdinalIgnoreCase)));
    }

    private static RemoteCalendar ToCalendar(DavResource resource, int year) => new(
        resource.Path,
        resource.Text(DavNames.DisplayName) ?? DavPath.LastSegment(resource.Path),
        Color(resource.Text(DavNames.CalendarColor)),
        TimeZone(resource.Text(DavNames.CalendarTimeZone), year),
        IsReadOnly(resource),
        Ctag: resource.Text(DavNames.Ctag),
        SyncToken: resource.Text(DavNames.SyncToken));

    // A server that does not say who may do what lets one find out by trying.
    private static bool IsReadOnly(DavResource resource)
    {
        if (!resource.Properties.TryGetValue(DavNames.PrivilegeSet, out var set) || !set.HasElements)
        {
            return false;
        }

        var privileges = set.Elements(DavNames.Dav + "privilege").SelectMany(p => p.Elements()).Where(p => p.Name.Namespace == DavNames.Dav).Select(p => p.Name.LocalName).ToHashSet();
        return !privileges.Overlaps(["all", "write", "write-content"]);
    }

    private static string? TimeZone(string? text, int year)
    {
        if (text is null)
        {
            return null;
        }

        try
        {
            var document = ICalendarDocument.Parse(text);
            var tzId = document.Calendar.Components.FirstOrDefault(c => c.Name == "VTIMEZONE")?.Find("TZID")?.Value;
            return tzId is null ? null : new ZoneNames(document).Resolve(tzId, year);
        }
        catch (FormatException)
        {
            // Some servers hold the bare name.
            return TimeZones.Find(text)?.Id;
        }
    }
}
