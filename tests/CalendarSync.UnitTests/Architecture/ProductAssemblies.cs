using System.Reflection;

namespace CalendarSync.UnitTests.Architecture;

/// <summary>What is shipped. The hosts have entry points of the same name, so they are loaded by assembly name.</summary>
internal static class ProductAssemblies
{
    public static Assembly Core { get; } = Assembly.Load("CalendarSync.Core");

    public static Assembly Api { get; } = Assembly.Load("CalendarSync.Api");

    public static Assembly Worker { get; } = Assembly.Load("CalendarSync.Worker");

    public static Assembly Web { get; } = Assembly.Load("CalendarSync.Web");

    public static Assembly ServiceDefaults { get; } = Assembly.Load("CalendarSync.ServiceDefaults");

    public static IReadOnlyList<Assembly> All { get; } = [Core, Api, Worker, Web, ServiceDefaults];
}
