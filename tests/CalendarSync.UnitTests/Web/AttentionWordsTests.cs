using CalendarSync.Web.Api;
using CalendarSync.Web.Components.Parts;

namespace CalendarSync.UnitTests.Web;

public sealed class AttentionWordsTests
{
    [Fact]
    public void Held_deletions_are_counted_and_the_first_are_named()
    {
        Assert.Equal("1 deletion was held back: gone from your calendar, kept in Rowan. Dentist.", AttentionWords.Held([Held("inbound", "Dentist")]));
        Assert.Equal("2 deletions were held back: deleted in Rowan, kept in your calendar.", AttentionWords.Held([Held("outbound", null), Held("outbound", null)]));
        Assert.Equal(
            "5 deletions were held back: gone on one side, kept on the other. A, B, C and 2 more.",
            AttentionWords.Held([Held("outbound", "A"), Held("inbound", "B"), Held("inbound", "C"), Held("inbound", "D"), Held("inbound", "E")]));
    }

    private static HeldDeletion Held(string direction, string? title) => new(Guid.NewGuid(), title, direction);
}
