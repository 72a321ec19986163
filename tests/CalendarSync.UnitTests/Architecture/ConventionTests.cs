using System.Reflection;
using System.Runtime.CompilerServices;
using System.Xml.Linq;

namespace CalendarSync.UnitTests.Architecture;

public sealed class ConventionTests
{
    [Fact]
    public void Every_class_of_a_host_is_sealed_static_or_abstract() => Assert.Empty(Unsealed(ProductAssemblies.Api, ProductAssemblies.Worker, ProductAssemblies.Core));

    [Fact]
    public void A_class_that_is_neither_is_found() => Assert.Equal([typeof(Open)], Unsealed([typeof(Open), typeof(Base), typeof(Closed)]));

    [Fact]
    public void Every_public_member_of_the_model_and_of_the_provider_contract_says_what_it_means()
    {
        var documented = Documented(ProductAssemblies.Core);
        var surface = ProductAssemblies.Core.GetExportedTypes()
            .Where(type => type.Namespace is "CalendarSync.Core.Model" or "CalendarSync.Core.Providers")
            .ToArray();

        Assert.NotEmpty(surface);
        Assert.Empty(surface.SelectMany(Names).Except(documented));
    }

    [Fact]
    public void A_member_without_a_word_is_found() =>
        Assert.Equal(
            ["M:CalendarSync.UnitTests.Architecture.ConventionTests.Undocumented.Say"],
            Names(typeof(Undocumented)).Except(["T:CalendarSync.UnitTests.Architecture.ConventionTests.Undocumented"]));

    private static Type[] Unsealed(params Assembly[] assemblies) => Unsealed(assemblies.SelectMany(assembly => assembly.GetTypes()));

    // "Program" is the compiler's own and partial, so that a test can name it as an entry point.
    private static Type[] Unsealed(IEnumerable<Type> types) =>
    [
        .. types.Where(type => type is { IsClass: true, IsSealed: false, IsAbstract: false, Name: not "Program" }
            && !type.IsDefined(typeof(CompilerGeneratedAttribute), inherit: false)
            && type.Namespace?.StartsWith("CalendarSync", StringComparison.Ordinal) == true),
    ];

    /// <summary>The names under which the documentation file lists a type and what it declares, overloads as one.</summary>
    private static IEnumerable<string> Names(Type type)
    {
        var owner = type.FullName!.Replace('+', '.');
        yield return "T:" + owner;
        foreach (var member in type.GetMembers(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly))
        {
            // What a record makes of itself has no documentation of its own; its parameters are documented at the type.
            var generated = member.IsDefined(typeof(CompilerGeneratedAttribute)) || member is MethodBase { IsSpecialName: true } or FieldInfo { IsSpecialName: true } or TypeInfo;
            if (!generated && !IsRecordProperty(type, member))
            {
                yield return member switch
                {
                    PropertyInfo => "P:",
                    FieldInfo => "F:",
                    EventInfo => "E:",
                    _ => "M:",
                } + owner + "." + member.Name;
            }
        }
    }

    private static bool IsRecordProperty(Type type, MemberInfo member) =>
        member is PropertyInfo && type.GetConstructors().Any(constructor => constructor.GetParameters().Any(parameter => parameter.Name == member.Name));

    private static HashSet<string> Documented(Assembly assembly) =>
    [
        .. XDocument.Load(Path.ChangeExtension(assembly.Location, ".xml")).Descendants("member")
            .Where(member => member.HasElements)
            .Select(member => member.Attribute("name")!.Value.Split('(', '`')[0]),
    ];

#pragma warning disable CA1852 // Not sealed on purpose: it is what the rule has to find.
    private class Open;
#pragma warning restore CA1852

    private abstract class Base;

    private sealed class Closed : Base;

    public static class Undocumented
    {
        public static void Say() => Console.Write("");
    }
}
