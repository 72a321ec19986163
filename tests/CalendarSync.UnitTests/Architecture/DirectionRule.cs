using System.Text.RegularExpressions;
using ArchUnitNET.Domain;
using static ArchUnitNET.Fluent.ArchRuleDefinition;

namespace CalendarSync.UnitTests.Architecture;

/// <summary>
/// Which way a module may look. All namespaces are relative to a root, so that one and the same rule can be held against the product and
/// against the violations that are planted in this assembly.
/// </summary>
/// <param name="Name">A sentence.</param>
/// <param name="From">The module that is bound: a namespace with all below it.</param>
/// <param name="MayUse">Of our own: these with all below them, besides itself. A name that ends in "!" stands for that namespace alone.</param>
/// <param name="But">Of what <paramref name="From"/> and <paramref name="MayUse"/> admit, these are still out of bounds.</param>
/// <param name="Never">Packages that it keeps away from: absolute namespaces.</param>
/// <param name="Except">Below <paramref name="From"/>, but bound by another rule.</param>
public sealed record DirectionRule(
    string Name,
    string From,
    IReadOnlyList<string> MayUse,
    IReadOnlyList<string>? But = null,
    IReadOnlyList<string>? Never = null,
    IReadOnlyList<string>? Except = null)
{
    private const string Nothing = "(?!)";

    /// <summary>The types that break the rule, by full name.</summary>
    public IReadOnlyList<string> Violations(ArchUnitNET.Domain.Architecture architecture, string root)
    {
        var own = Types(true).That().ResideInNamespaceMatching(Below(root))
            .And().DoNotResideInNamespaceMatching(AnyOf([From, .. MayUse], root))
            .Or().ResideInNamespaceMatching(AnyOf(But ?? [], root))
            .Or().ResideInNamespaceMatching(AnyOf(Never ?? [], root: null));
        var rule = Types().That().ResideInNamespaceMatching(AnyOf([From], root))
            .And().DoNotResideInNamespaceMatching(AnyOf(Except ?? [], root))
            .Should().NotDependOnAny(own)
            .WithoutRequiringPositiveResults();
        return
        [
            .. rule.Evaluate(architecture)
                .Where(result => !result.Passed)
                .Select(result => ((IType)result.EvaluatedObject!).FullName)
                .Order(StringComparer.Ordinal),
        ];
    }

    /// <inheritdoc/>
    public override string ToString() => Name;

    private static string AnyOf(IReadOnlyList<string> namespaces, string? root) =>
        namespaces.Count == 0 ? Nothing : string.Join('|', namespaces.Select(name => Below(root is null ? name : $"{root}.{name}")));

    private static string Below(string name) =>
        name.EndsWith('!') ? $"^{Regex.Escape(name[..^1])}$" : $@"^{Regex.Escape(name)}(\.|$)";
}
