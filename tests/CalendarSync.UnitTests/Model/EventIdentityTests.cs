using CalendarSync.Core.Model;
using CsCheck;

namespace CalendarSync.UnitTests.Model;

public sealed class EventIdentityTests
{
    private static readonly RowanEventId Event = new(new Guid("0190F3A2-7C4B-4D1E-8A55-2F6E9B7C1D03"));

    [Fact]
    public void The_uid_of_a_known_event_never_changes()
    {
        // Another text would make every exported event look like a new one.
        Assert.Equal("rowan-0190f3a27c4b4d1e8a552f6e9b7c1d03-2", new EventIdentity(Event, 2).Uid);
    }

    [Fact]
    public void Each_generation_of_an_event_has_a_uid_of_its_own() =>
        Assert.NotEqual(new EventIdentity(Event, 0).Uid, new EventIdentity(Event, 1).Uid);

    [Fact]
    public void A_uid_is_read_back_as_the_identity_that_wrote_it() =>
        Identity.Sample(identity => EventIdentity.Parse(identity.Uid) == identity);

    [Fact]
    public void A_uid_is_short_and_can_be_a_file_name() =>
        Identity.Sample(identity => identity.Uid.Length <= 49 && identity.Uid.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-'));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("rowan-")]
    [InlineData("7E1A3B5C-0000-4000-8000-000000000000")]
    [InlineData("rowan-0190f3a27c4b4d1e8a552f6e9b7c1d03")]
    [InlineData("rowan-0190f3a27c4b4d1e8a552f6e9b7c1d03-")]
    [InlineData("rowan-0190f3a27c4b4d1e8a552f6e9b7c1d03-x")]
    [InlineData("rowan-0190f3a27c4b4d1e8a552f6e9b7c1d03--1")]
    [InlineData("rowan-0190f3a27c4b4d1e8a552f6e9b7c1d03-1@example.com")]
    [InlineData("rowan-0190f3a27c4b4d1e8a552f6e9b7c1d03-99999999999")]
    [InlineData("rowan-zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz-0")]
    [InlineData("ROWAN-0190f3a27c4b4d1e8a552f6e9b7c1d03-0")]
    public void A_uid_of_somebody_else_is_no_identity(string? uid) => Assert.Null(EventIdentity.Parse(uid));

    [Fact]
    public void Any_text_can_be_asked_for_its_identity() => Gen.String.Sample(text => EventIdentity.Parse(text) is null);

    private static Gen<EventIdentity> Identity =>
        Gen.Select(Gen.Guid, Gen.Int[0, int.MaxValue]).Select((id, generation) => new EventIdentity(new RowanEventId(id), generation));
}
