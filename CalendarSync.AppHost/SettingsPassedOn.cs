using Microsoft.Extensions.Configuration;

namespace CalendarSync.AppHost;

internal static class SettingsPassedOn
{
    private static readonly string[] Names =
    [
        "ENCRYPTION_KEYS_PREVIOUS", "SUPABASE_JWT_SECRET", "SUPABASE_URL", "APP_URL", "GOOGLE_CALENDAR_CLIENT_ID",
        "GOOGLE_CALENDAR_CLIENT_SECRET", "GOOGLE_CALENDAR_REDIRECT_URI", "COZI_BRIDGE_API_KEY", "ConnectionStrings:rowan_session",
    ];

    private static readonly string[] Sections =
        ["Google", "Apple", "Cozi", "Sync", "RateLimits", "Queue", "Worker", "Conflicts", "Deletions", "Retention"];

    /// <summary>
    /// Passes the product's settings from the app host's environment on, because not every way of starting a process lets it inherit them.
    /// Comes last on a resource: what the developer says wins over what the app host thinks.
    /// </summary>
    public static IResourceBuilder<ProjectResource> WithSettings(this IResourceBuilder<ProjectResource> project)
    {
        if (project.ApplicationBuilder.ExecutionContext.IsPublishMode)
        {
            return project; // settings of this machine are none of the published system's
        }

        var configuration = project.ApplicationBuilder.Configuration;
        var settings = Names.Select(name => KeyValuePair.Create(name, configuration[name]))
            .Concat(Sections.SelectMany(section => configuration.GetSection(section).AsEnumerable()));
        foreach (var (name, value) in settings)
        {
            if (!string.IsNullOrEmpty(value))
            {
                project.WithEnvironment(name.Replace(":", "__", StringComparison.Ordinal), value);
            }
        }

        return project;
    }
}
