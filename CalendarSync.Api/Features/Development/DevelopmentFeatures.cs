using CalendarSync.Api.Authentication;
using CalendarSync.Api.Errors;

namespace CalendarSync.Api.Features.Development;

/// <summary>
/// The slices below this folder let anybody be anybody. They exist in Development only, and only where no Supabase is configured.
/// </summary>
internal static class DevelopmentFeatures
{
    private static readonly string Prefix = typeof(DevelopmentFeatures).Namespace + ".";

    /// <summary>Whether a slice belongs to this host: always, unless it is one of these.</summary>
    public static bool Allows(Type type, IConfiguration configuration, IHostEnvironment environment) =>
        type.Namespace?.StartsWith(Prefix, StringComparison.Ordinal) != true || DevelopmentTokens.AreEnabled(configuration, environment);

    /// <summary>
    /// A second lock, in front of the first: FastEndpoints keeps what it has mapped in statics, so a second host of one process, as tests
    /// start them, would map again what the first one was allowed.
    /// </summary>
    public static void HideDevelopmentFeatures(this IApplicationBuilder app)
    {
        if (!AreEnabled(app.ApplicationServices))
        {
            app.Map("/dev", hidden => hidden.Run(_ => throw new ProblemException(Problems.ForStatus(StatusCodes.Status404NotFound))));
        }
    }

    private static bool AreEnabled(IServiceProvider services) =>
        DevelopmentTokens.AreEnabled(services.GetRequiredService<IConfiguration>(), services.GetRequiredService<IHostEnvironment>());
}
