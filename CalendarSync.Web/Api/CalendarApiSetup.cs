namespace CalendarSync.Web.Api;

internal static class CalendarApiSetup
{
    /// <summary>Where the API is; service discovery knows the real address.</summary>
    public const string Address = "http://api";

    public static void AddCalendarApi(this IServiceCollection services)
    {
        services.AddHttpClient(ApiTransport.ClientName, client => client.BaseAddress = new Uri(Address));
        services.AddSingleton<ApiTransport>();
        services.AddSingleton<DemoSignIn>();
        services.AddScoped<CalendarApi>();
    }
}
