namespace CalendarSync.Worker.Demo;

/// <summary>A person of the demo family.</summary>
internal sealed record DemoUser(Guid Id, string Email, string Name);

/// <summary>A space of the demo family; the members in the order in which they joined.</summary>
internal sealed record DemoSpace(Guid Id, string Name, DemoMember[] Members);

/// <summary>A membership: role is <c>owner</c>, <c>admin</c> or <c>member</c>.</summary>
internal sealed record DemoMember(DemoUser User, string Role);

/// <summary>
/// Who is in the demo. The ids never change, so examples can name them. Memberships overlap without being equal: Amara sees both
/// spaces, Ben and Chloe one each, so every rule about sharing can be tried out.
/// </summary>
internal static class DemoFamily
{
    public static readonly DemoUser Amara = new(new("a0000000-0000-4000-8000-000000000001"), "amara@example.com", "Amara Okafor");

    public static readonly DemoUser Ben = new(new("a0000000-0000-4000-8000-000000000002"), "ben@example.com", "Ben Okafor");

    public static readonly DemoUser Chloe = new(new("a0000000-0000-4000-8000-000000000003"), "chloe@example.com", "Chloe Lind");

    public static readonly DemoSpace Okafors = new(
        new("b0000000-0000-4000-8000-000000000001"),
        "The Okafor family",
        [new(Amara, "owner"), new(Ben, "member")]);

    public static readonly DemoSpace Carpool = new(
        new("b0000000-0000-4000-8000-000000000002"),
        "Lakeside carpool",
        [new(Chloe, "owner"), new(Amara, "admin")]);

    public static readonly DemoUser[] Users = [Amara, Ben, Chloe];

    public static readonly DemoSpace[] Spaces = [Okafors, Carpool];

    /// <summary>Where the family lives; its wall times are meant there unless an event says otherwise.</summary>
    public const string Zone = "America/New_York";
}
