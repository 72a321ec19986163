using CalendarSync.Web.Api;

namespace CalendarSync.Web.Components.Parts;

/// <summary>What a person has changed in the settings of a connection and not saved yet.</summary>
internal sealed class SettingsDraft
{
    private readonly string _direction;
    private readonly IReadOnlyList<AccountCalendar> _calendars;
    private readonly HashSet<string> _selected;

    public SettingsDraft(Connection connection, IReadOnlyList<AccountCalendar> calendars)
    {
        (_direction, Direction) = (connection.SyncDirection, connection.SyncDirection);
        _calendars = calendars;
        _selected = [.. calendars.Where(c => c.Selected).Select(c => c.Id)];
        Target = calendars.FirstOrDefault(c => c.Target)?.Id ?? "";
    }

    public string Direction { get; set; }

    /// <summary>Where new events go; empty where no calendar can take them.</summary>
    public string Target { get; set; }

    public IReadOnlyList<AccountCalendar> Calendars => _calendars;

    /// <summary>Calendars that new events can go to.</summary>
    public IEnumerable<AccountCalendar> Targets => _calendars.Where(c => c is { ReadOnly: false, Removed: false } && IsSelected(c));

    /// <summary>Why it cannot be saved as it is.</summary>
    public string? Problem => _selected.Count == 0 ? "Choose at least one calendar. To sync nothing, pause." : null;

    /// <summary>What there is to save; <c>null</c> where nothing has changed.</summary>
    public ConnectionChange? Change
    {
        get
        {
            var change = new ConnectionChange
            {
                SyncDirection = Direction == _direction ? null : Direction,
                CalendarIds = _calendars.All(c => c.Selected == IsSelected(c)) ? null : [.. _calendars.Where(IsSelected).Select(c => c.Id)],
                TargetCalendarId = Target.Length == 0 || _calendars.Any(c => c.Target && c.Id == Target) ? null : Target,
            };
            return change is { SyncDirection: null, CalendarIds: null, TargetCalendarId: null } ? null : change;
        }
    }

    public bool IsSelected(AccountCalendar calendar) => _selected.Contains(calendar.Id);

    /// <summary>Ticks a calendar or takes the tick away. New events need another place when theirs is taken away.</summary>
    public void Select(AccountCalendar calendar, bool selected)
    {
        _ = selected ? _selected.Add(calendar.Id) : _selected.Remove(calendar.Id);
        if (Targets.All(c => c.Id != Target))
        {
            Target = Targets.FirstOrDefault()?.Id ?? "";
        }
    }

    /// <summary>What stands beside a calendar's name.</summary>
    public static string? Remark(AccountCalendar calendar) => calendar switch
    {
        { Removed: true } => "gone from the account",
        { ReadOnly: true } => "read-only",
        _ => null,
    };
}
