// Package bookapitest is what the tests of the lessons share: the people in every
// example, a way to send a request, and a helper for each kind of attack.
//
// A test begins with Exercise, which says the number of the exercise once. The
// helpers of packages attack and forge, and those below, know no testing but where
// they have to: they return what they found, and the test says in its own words
// what that means. A nil error says that nothing was found.
//
//	kind of attack                 helper
//	1  one difference              forge.Forgeries, forge.Believed; attack.With
//	2  every route                 attack.Attempts, attack.FirstEffect, attack.Unlisted
//	3  every claim of the caller   attack.Claims, attack.Believed
//	4  every answer of the store   Store (wraps every error, records every call),
//	                               StoreFaults, Store.Inject, Store.After
//	   every order of requests     Orders
//	5  every outlet                Capture, Outlets.Find with Password, StoredHash,
//	                               SigningKey, SignedToken, OpaqueToken;
//	                               Leak and FastDigest for one text
//	6  several callers             Overtake, PausingError, SendPausing; Collide, Hammer
//	7  what it costs               Alike, Cheaper, Dearer, Cost; WeakHash; Grows
//	8  randomness                  Draw, Elsewhere, Distinct, ShortSalt
//	9  one answer                  Check.AnswersOnce, attack.Note; attack.SameAnswer
//	10 the first line is the cause Exercise, Check.Needs, Check.Promise
//
// A test that calls Capture, Alike, Cheaper, Dearer, Cost or Grows is not parallel:
// what they look at belongs to the whole program.
package bookapitest
