// Violations, one for each rule, and innocents beside them. They exist so that a rule that finds nothing in the product is known to be
// able to find something. In the namespaces of the product's layout below another root.
#pragma warning disable SA1403, CA1822, CA1852, CA1812
using CalendarSync.UnitTests.Architecture.Planted.Core.Model;
using CalendarSync.UnitTests.Architecture.Planted.Core.Persistence;
using CalendarSync.UnitTests.Architecture.Planted.Core.Providers;

namespace CalendarSync.UnitTests.Architecture.Planted.Core.Model
{
    internal sealed record Innocent(string Value);

    // Hidden in the body of a lambda, where only the compiled code shows it.
    internal sealed class ViolatorModel
    {
        public static Func<object> Make => () => new Store();
    }
}

namespace CalendarSync.UnitTests.Architecture.Planted.Core.Persistence
{
    internal sealed class Store
    {
        public Innocent? Read() => null;
    }

    internal sealed class ViolatorPersistence(Sync.Session session)
    {
        public override string ToString() => session.ToString()!;
    }
}

namespace CalendarSync.UnitTests.Architecture.Planted.Core.Coordination
{
    internal sealed class ViolatorCoordination(Sync.Session session)
    {
        public override string ToString() => session.ToString()!;
    }
}

namespace CalendarSync.UnitTests.Architecture.Planted.Core.Providers
{
    internal interface IContract
    {
        Innocent Value { get; }
    }

    internal sealed class ViolatorContract
    {
        public static bool IsCalDav(IContract contract) => contract is CalDav.Client;
    }
}

namespace CalendarSync.UnitTests.Architecture.Planted.Core.Providers.CalDav
{
    internal sealed class Client : IContract
    {
        public Innocent Value => new("caldav");
    }

    // Hidden in an async method, which the compiler turns into a type of its own.
    internal sealed class ViolatorCalDav
    {
        public static async Task<object> BorrowAsync()
        {
            await Task.Yield();
            return new Google.Client();
        }
    }
}

namespace CalendarSync.UnitTests.Architecture.Planted.Core.Providers.Google
{
    internal sealed class Client : IContract
    {
        public Innocent Value => new("google");
    }

    internal sealed class ViolatorGoogle
    {
        public Store? Cache { get; set; }
    }
}

namespace CalendarSync.UnitTests.Architecture.Planted.Core.Providers.Cozi
{
    internal sealed class ViolatorCozi
    {
        public static Type Session => typeof(Sync.Session);
    }
}

namespace CalendarSync.UnitTests.Architecture.Planted.Core.Sync
{
    internal sealed class Session(IContract contract, Store store)
    {
        public override string ToString() => $"{contract} {store}";
    }

    internal sealed class ViolatorSync
    {
        public static List<CalDav> Parsers { get; } = [];

        internal sealed record CalDav(Providers.CalDav.Client Client);
    }
}

namespace CalendarSync.UnitTests.Architecture.Planted.Core.Sync.Planning
{
    internal static class Planner
    {
        public static Innocent Decide(Innocent value) => value;
    }

    internal static class ViolatorPlanning
    {
        public static DateTimeOffset Now(TimeProvider clock) => clock.GetUtcNow();

        public static string Read() => File.ReadAllText("/dev/null");
    }
}

namespace CalendarSync.UnitTests.Architecture.Planted.Core.Telemetry
{
    internal sealed class ViolatorCoreAspNet
    {
        public Microsoft.AspNetCore.Http.HttpContext? Context { get; set; }
    }

    internal sealed class ViolatorCoreFastEndpoints : FastEndpoints.EndpointWithoutRequest;

    internal sealed class ViolatorCoreAspire
    {
        public static Aspire.Hosting.PlantedBuilder? Builder => null;
    }

    internal sealed class ViolatorCoreHost
    {
        public static Api.Endpoint? Endpoint => null;
    }
}

namespace CalendarSync.UnitTests.Architecture.Planted.ServiceDefaults
{
    internal static class Defaults;

    internal sealed class ViolatorServiceDefaults
    {
        public static Innocent? Value => null;
    }
}

namespace CalendarSync.UnitTests.Architecture.Planted.Api
{
    internal sealed class Endpoint(Store store)
    {
        public override string ToString() => store.ToString()!;
    }

    internal sealed class ViolatorApi
    {
        public static Worker.Loop? Loop => null;
    }
}

namespace CalendarSync.UnitTests.Architecture.Planted.Worker
{
    internal sealed class Loop(Core.Sync.Session session)
    {
        public override string ToString() => session.ToString()!;
    }

    internal sealed class ViolatorWorker
    {
        public static Web.Page? Page => null;
    }
}

namespace CalendarSync.UnitTests.Architecture.Planted.Web
{
    internal sealed class Page;

    internal sealed class ViolatorWeb
    {
        public static Innocent? Value => null;
    }
}

namespace Aspire.Hosting
{
    // The real namespace is not there on a machine without Aspire.
    internal sealed class PlantedBuilder;
}
