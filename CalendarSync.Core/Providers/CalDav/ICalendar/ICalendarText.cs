using System.Text;

namespace CalendarSync.Core.Providers.CalDav.ICalendar;

/// <summary>TEXT values (RFC 5545, section 3.3.11).</summary>
internal static class ICalendarText
{
    /// <summary>Escapes a text. Each kind of line break becomes <c>\n</c>, so no text can end its line.</summary>
    public static string Escape(string text)
    {
        var escaped = new StringBuilder(text.Length + 8);
        for (var i = 0; i < text.Length; i++)
        {
            switch (text[i])
            {
                case '\\' or ';' or ',':
                    escaped.Append('\\').Append(text[i]);
                    break;
                case '\r':
                    escaped.Append("\\n");
                    i += i + 1 < text.Length && text[i + 1] == '\n' ? 1 : 0;
                    break;
                case '\n':
                    escaped.Append("\\n");
                    break;
                default:
                    escaped.Append(text[i]);
                    break;
            }
        }

        return escaped.ToString();
    }
}
