using System;
using System.Collections.Generic;
using System.Linq;
using System.Net.Http;
using System.Text;
using System.Text.Json;
using System.Threading.Tasks;
using Ats.PersonalAccessTokens.Testing;
using Ats.PersonalAccessTokens.Verification;
using Xunit;

namespace Ats.PersonalAccessTokens.Tests;

/// <summary>Every row of the shared vectors is judged here as it is in Rust.</summary>
public sealed class VectorTests
{
    [Fact]
    public async Task Every_token_is_judged_as_its_row_says()
    {
        JsonElement file = Vectors.Read("tokens");
        var verifiers = new Dictionary<string, TokenVerifier>();
        var wrong = new List<string>();
        foreach (JsonElement row in file.GetProperty("vectors").EnumerateArray())
        {
            string issuer = row.OptionalText("issuer") ?? file.Text("issuer");
            string audience = row.OptionalText("audience") ?? file.Text("audience");
            long now = row.OptionalNumber("now") ?? file.GetProperty("now").GetInt64();
            long leeway = row.OptionalNumber("leeway") ?? file.GetProperty("leeway").GetInt64();
            string settings = $"{issuer} {audience} {now} {leeway}";
            if (!verifiers.TryGetValue(settings, out TokenVerifier? verifier))
            {
                verifier = VerifierOf(file, issuer, audience, now, leeway);
                verifiers.Add(settings, verifier);
            }
            // The second time, the verifier may know it.
            for (int round = 0; round < 2; round++)
            {
                VerificationResult found = await verifier.VerifyAsync(row.Text("token"));
                string said = found.Refusal?.Reason.ToString() ?? "accepted";
                string expected = row.OptionalText("reason") ?? "accepted";
                if (said != expected)
                {
                    wrong.Add($"{row.Text("name")}: {said}, not {expected}");
                }
                else if (found.Token is { } token)
                {
                    IEnumerable<string?> scopes = row.GetProperty("scopes").EnumerateArray().Select(one => one.GetString());
                    Assert.Equal(scopes, token.Scopes);
                }
            }
        }
        foreach (TokenVerifier verifier in verifiers.Values)
        {
            verifier.Dispose();
        }
        Assert.Empty(wrong);
    }

    [Fact]
    public void Every_key_set_is_judged_as_its_row_says()
    {
        foreach (JsonElement row in Vectors.Read("key-sets").GetProperty("vectors").EnumerateArray())
        {
            KeySetFault? fault = KeySet.Parse(Encoding.UTF8.GetBytes(row.Text("key_set")), out KeySet? set);
            Assert.Equal($"{row.Text("name")}: {row.OptionalText("reason")}", $"{row.Text("name")}: {fault}");
            if (set is not null)
            {
                IEnumerable<string?> ids = row.GetProperty("key_ids").EnumerateArray().Select(id => id.GetString());
                Assert.Equal(ids, set.Keys.Select(key => key.Id));
            }
        }
    }

    [Fact]
    public void Every_status_list_is_judged_as_its_row_says()
    {
        JsonElement file = Vectors.Read("status-lists");
        PublicKey key = PublicKey.FromBytes(Base64Url.Decode(file.Text("key")))!;
        Assert.Equal(file.Text("key_id"), key.Id);
        foreach (JsonElement row in file.GetProperty("vectors").EnumerateArray())
        {
            RefusalReason? refused = CompactJws.Parse(
                row.Text("status_list"), CompactJws.StatusList, StatusList.MaxLength, out CompactJws? jws);
            StatusList? list = null;
            if (jws is not null)
            {
                long now = row.OptionalNumber("now") ?? file.GetProperty("now").GetInt64();
                long leeway = file.GetProperty("leeway").GetInt64();
                refused = StatusList.Read(jws, key, file.Text("issuer"), file.Text("uri"), now, leeway, out list);
            }
            Assert.Equal($"{row.Text("name")}: {row.OptionalText("reason")}", $"{row.Text("name")}: {refused}");
            if (list is null)
            {
                continue;
            }
            Assert.Equal(row.GetProperty("places").GetInt64(), list.Places);
            Assert.Equal(row.GetProperty("epoch").GetInt64(), list.Epoch);
            Assert.Equal(row.GetProperty("seq").GetInt64(), list.Sequence);
            var revoked = row.GetProperty("revoked").EnumerateArray().Select(place => place.GetUInt64()).ToHashSet();
            for (ulong place = 0; place < (ulong)Math.Min(list.Places, 1 << 20); place++)
            {
                Assert.Equal(revoked.Contains(place), list.IsRevoked(place));
            }
            Assert.Null(list.IsRevoked((ulong)list.Places));
        }
    }

    [Fact]
    public void Every_authorization_header_is_read_as_its_row_says()
    {
        foreach (JsonElement row in Vectors.Read("authorization-headers").GetProperty("vectors").EnumerateArray())
        {
            string[] values = row.GetProperty("values").EnumerateArray().Select(value => value.GetString()!).ToArray();
            bool isWellFormed = BearerCredentials.TryRead(values, out string? token);
            string found = !isWellFormed ? "malformed" : token is null ? "nothing" : "token";
            Assert.Equal($"{string.Join("|", values)}: {row.Text("found")}", $"{string.Join("|", values)}: {found}");
        }
    }

    private static TokenVerifier VerifierOf(JsonElement file, string issuer, string audience, long now, long leeway)
    {
        var documents = new PublishedDocuments
        {
            Issuer = issuer,
            KeySet = file.Text("key_set"),
            StatusListUri = file.Text("status_list_uri"),
            StatusList = file.Text("status_list"),
        };
        return new TokenVerifier(new TokenVerifierOptions
        {
            Issuer = issuer,
            Audience = audience,
            Leeway = TimeSpan.FromSeconds(leeway),
            LookupInterval = TimeSpan.FromMilliseconds(1),
            TimeProvider = new StillTime(now),
            Backchannel = new HttpClient(documents),
        });
    }

    /// <summary>A time of day that stands still, while timers run.</summary>
    private sealed class StillTime : TimeProvider
    {
        private readonly long _seconds;

        public StillTime(long seconds) => _seconds = seconds;

        public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeSeconds(_seconds);
    }
}
