"""The wording of generated service calls: what callers of a plumbing and HVAC business say.

Every list of sentences is split by position: the first entries are said in training calls only,
the next to last part in validation calls, the last in test calls (`PARTS`). So no wording of a
rule is in two splits; only the words that fill the slots are shared. All of it is invented.
"""

URGENCIES = ["emergency", "today", "soon", "routine"]

# How many of a list's entries belong to (train, validation, test), by the list's length.
PARTS = {6: (4, 1, 1), 14: (8, 3, 3), 12: (8, 2, 2)}

# trade -> job -> (weights of the four urgencies, six sentences).
JOBS = {
    "plumbing": {
        "burst_pipe": ((70, 25, 5, 0), [
            "a pipe burst {where} and water is spraying everywhere",
            "the pipe {where} has split open and it is gushing",
            "a water line broke {where}, there is water all over",
            "we have a burst pipe {where}",
            "the water pipe {where} cracked and water is shooting out",
            "a broken pipe {where} is spraying water on everything"]),
        "leaking_faucet": ((2, 13, 45, 40), [
            "the faucet {where} keeps dripping",
            "the tap {where} will not shut off, it drips all night",
            "my faucet {where} is leaking around the handle",
            "there is a dripping tap {where}, I think the washer is gone",
            "the handle of the faucet {where} drips and drips",
            "a leaking tap {where}, the washer was changed once already"]),
        "clogged_toilet": ((8, 42, 40, 10), [
            "the toilet {where} is clogged and the plunger does nothing",
            "our toilet {where} will not flush, the bowl fills up",
            "the toilet is stopped up {where}",
            "the toilet {where} backs up when we flush",
            "we plunged the toilet {where} and it is still clogged",
            "the bowl of the toilet {where} fills to the rim when you flush"]),
        "low_pressure": ((1, 14, 50, 35), [
            "the water pressure {where} is very low",
            "there is hardly any pressure at the shower {where}",
            "only a trickle comes out {where}, the pressure dropped",
            "we lost water pressure {where} since last week",
            "the pressure of the shower {where} is down to a trickle",
            "hardly a trickle of water {where}, very low pressure"]),
        "fixture_install": ((0, 3, 27, 70), [
            "I want a new sink installed {where}",
            "we bought a toilet and need it put in {where}",
            "can you install a dishwasher and its water line {where}",
            "I need a quote for a new shower fixture {where}",
            "we want to have a new faucet and sink put in {where}",
            "I would like a price to install a new fixture {where}"]),
    },
    "heating": {
        "no_heat": ((45, 40, 12, 3), [
            "the furnace quit and there is no heat {where}",
            "we have no heat {where}, the furnace only clicks",
            "the heating is out {where} and it is {cold} degrees inside",
            "the radiators {where} are stone cold, the boiler will not start",
            "no heat {where}, the furnace will not start at all",
            "the furnace is out, it is {cold} degrees {where} and no heat"]),
        "gas_smell": ((100, 0, 0, 0), [
            "I smell gas {where}",
            "there is a strong smell of gas near the furnace {where}",
            "it smells like rotten eggs {where}, I think it is gas",
            "the carbon monoxide alarm went off {where}",
            "we smell gas {where} near the boiler, like rotten eggs",
            "a strong gas smell {where} and the carbon monoxide alarm beeps"]),
        "boiler_leak": ((15, 45, 35, 5), [
            "the boiler {where} is leaking from the bottom",
            "there is a puddle under the boiler {where}",
            "the boiler lost pressure and drips {where}",
            "water is dripping from the relief valve of the boiler {where}",
            "a puddle from the boiler {where}, it drips from a valve",
            "the boiler drips {where} and its pressure keeps falling"]),
        "thermostat": ((2, 23, 50, 25), [
            "the thermostat {where} went blank",
            "the thermostat does not turn the furnace on {where}",
            "the thermostat {where} shows the wrong temperature",
            "we cannot set the thermostat {where} any more",
            "the screen of the thermostat {where} is blank",
            "the thermostat {where} is wrong and will not set the temperature"]),
        "furnace_tuneup": ((0, 2, 28, 70), [
            "I would like the yearly furnace tune-up {where}",
            "we are due for our furnace maintenance {where}",
            "can I book a furnace inspection before winter {where}",
            "please clean and check the furnace {where}",
            "time for the yearly check of the furnace {where}",
            "I want to book maintenance and cleaning of the furnace {where}"]),
    },
    "cooling": {
        "no_cool": ((22, 45, 28, 5), [
            "the AC runs but there is no cold air {where}",
            "the air conditioner {where} blows warm air",
            "no cooling {where}, it is {hot} degrees inside",
            "the AC will not turn on {where} and it is hot",
            "the air conditioner runs, but it blows hot air {where}",
            "it is {hot} degrees {where}, the AC does not cool"]),
        "ac_leak": ((4, 36, 45, 15), [
            "water drips from the AC unit {where}",
            "the air handler {where} leaks on the floor",
            "there is a puddle under the air conditioner {where}",
            "the drain pan of the AC {where} is overflowing",
            "the AC unit {where} drips, its drain pan is full",
            "the air conditioner leaks a puddle {where}"]),
        "noisy_unit": ((1, 19, 50, 30), [
            "the AC unit {where} makes a loud rattling noise",
            "the outdoor unit {where} screeches when it starts",
            "the condenser {where} is humming and rattling",
            "the fan of the AC {where} grinds",
            "the outdoor unit of the AC rattles and grinds {where}",
            "a loud humming noise from the AC condenser {where}"]),
        "refrigerant": ((1, 19, 55, 25), [
            "the coil {where} is frozen, I think it is low on refrigerant",
            "the AC needs refrigerant again {where}",
            "ice builds up on the lines of the AC {where}",
            "somebody said the refrigerant leaks out of the AC {where}",
            "the AC coil {where} has ice on it, low refrigerant maybe",
            "the AC line {where} is frozen, it lost refrigerant"]),
        "ac_tuneup": ((0, 2, 28, 70), [
            "I want an AC tune-up {where} before summer",
            "we need the air conditioner serviced {where}",
            "can you clean the AC coils {where}",
            "please check our AC {where}, the yearly visit is due",
            "the yearly service of the air conditioner {where} is due",
            "I want the AC cleaned and checked {where} before summer"]),
    },
    "sewer": {
        "sewage_backup": ((65, 30, 5, 0), [
            "sewage is coming up {where}",
            "raw sewage backed up {where}, it stinks",
            "the sewer line backed up into the tub {where}",
            "there is sewage on the floor {where}",
            "the sewer backed up {where}, sewage is in the tub",
            "raw sewage comes up on the floor {where}"]),
        "slow_drain": ((1, 19, 50, 30), [
            "the drain {where} is slow",
            "all drains {where} gurgle and empty slowly",
            "the floor drain {where} takes forever",
            "the main drain is slow {where} since the weekend",
            "the drains {where} are slow and gurgle",
            "the main drain gurgles and takes forever {where}"]),
        "root_intrusion": ((3, 27, 45, 25), [
            "we have tree roots in the sewer line {where} again",
            "roots were found in our sewer pipe {where}",
            "the line {where} needs roots cut out",
            "the tree {where} is growing into the sewer",
            "tree roots are back in the sewer pipe {where}",
            "the sewer line {where} is full of roots again"]),
        "camera_inspection": ((0, 5, 35, 60), [
            "we need a camera inspection of the sewer {where}",
            "I am buying the house and want the sewer line scoped {where}",
            "can you run a camera down the line {where}",
            "the city wants a video of our lateral {where}",
            "I want the sewer line {where} inspected by camera",
            "we need a video, a camera scope of the sewer {where}"]),
        "manhole_overflow": ((55, 40, 5, 0), [
            "the manhole {where} is overflowing",
            "the cleanout {where} is spilling over",
            "dirty water comes out of the cleanout {where}",
            "the sewer cover {where} lifted and water comes out",
            "the manhole cover {where} lifted, it is spilling dirty water",
            "the cleanout overflows {where}, dirty water is all over"]),
    },
    "water_heater": {
        "no_hot_water": ((8, 57, 30, 5), [
            "there is no hot water {where}",
            "the water heater quit, we only have cold water {where}",
            "the showers {where} are cold, the water heater is dead",
            "no hot water {where} since this morning",
            "the water heater is dead, cold showers {where}",
            "we only have cold water {where}, no hot water at all"]),
        "tank_leak": ((40, 45, 15, 0), [
            "the water heater tank {where} is leaking",
            "water is running out of the bottom of the water heater {where}",
            "the hot water tank {where} rusted through",
            "the tank of the water heater leaks {where}",
            "the bottom of the hot water tank {where} leaks",
            "water runs out of the water heater tank {where}"]),
        "pilot_light": ((5, 50, 35, 10), [
            "the pilot light of the water heater {where} keeps going out",
            "I cannot light the pilot {where}",
            "the pilot on the water heater went out {where}",
            "the water heater pilot {where} will not stay lit",
            "the pilot light {where} went out and will not stay lit",
            "the water heater {where} lost its pilot light again"]),
        "rusty_water": ((1, 19, 50, 30), [
            "the hot water {where} is brown",
            "rusty water comes from the water heater {where}",
            "our hot water {where} is orange and smells of metal",
            "there is rust in the hot water {where}",
            "brown, rusty hot water {where}",
            "the hot water {where} has rust and is orange"]),
        "heater_replace": ((0, 3, 32, 65), [
            "I need a quote for a new water heater {where}",
            "we want to replace the water heater {where} with a tankless one",
            "the water heater {where} is {age} years old, what would a new one cost",
            "please give me a price for a tankless heater {where}",
            "what does it cost to replace a {age} year old water heater {where}",
            "a price for a new tankless water heater {where}, please"]),
    },
}

# What makes it urgent, or not: 8 entries train, 3 validate, 3 test.
IMPACTS = {
    "emergency": [
        "it is getting worse by the minute and I cannot stop it",
        "there are small children in the house and it is dangerous",
        "we had to leave the house, we are standing outside",
        "the alarm is going off and I am scared",
        "my mother is on oxygen and she cannot stay like this",
        "this is an emergency, somebody could get hurt",
        "the basement is filling up and it is near the electrical panel",
        "we are not safe here and I cannot shut it off",
        "everybody is outside, it is not safe in the house",
        "I cannot shut it off and it is getting worse",
        "it is near the electrical panel, somebody could get hurt, it is dangerous",
        "we are standing outside with the children because it is not safe",
        "this is dangerous, I cannot stop it and it is getting worse",
        "it is an emergency, my mother cannot leave the house and I am scared"],
    "today": [
        "we have guests tonight so it has to work",
        "I have to leave for work but my husband is home all day",
        "we can manage until this evening but not longer",
        "it is under control for now with a bucket",
        "the tenants are complaining since this morning",
        "we turned it off for now but need it by tonight",
        "I stayed home from work because of it",
        "we are using the neighbor's bathroom for now",
        "with a bucket we can manage until tonight",
        "the tenants called this morning, we turned it off for now",
        "I am home from work all day because of it",
        "we can manage with the neighbor's bathroom until this evening",
        "for now it is under control, but we need it tonight",
        "my husband stayed home all day and the tenants are complaining"],
    "soon": [
        "it is annoying but nobody is in danger",
        "it started a few days ago and comes and goes",
        "it is not an emergency but it should not wait for weeks",
        "we put some tape on it and it holds so far",
        "it happens every couple of days",
        "it has been like that since last week",
        "it is a nuisance, not more",
        "I noticed it over the weekend",
        "it comes and goes since last week and is annoying",
        "nobody is in danger, it is just a nuisance",
        "the tape holds so far, it started over the weekend",
        "a few days ago it started, it is annoying, not an emergency",
        "it happens since the weekend and comes and goes",
        "so far it holds, a nuisance that should not wait for weeks"],
    "routine": [
        "there is no rush at all",
        "we are planning ahead for next month",
        "I am just collecting quotes",
        "whenever you have an opening is fine",
        "it is for the new house that we move into later",
        "we do this every year",
        "we are comparing prices",
        "my landlord asked me to arrange it sometime",
        "no rush, we are just comparing quotes",
        "we are planning ahead, an opening next month is fine",
        "every year we arrange it, whenever you have time",
        "just collecting prices, there is no rush",
        "next month is fine, we are planning the new house",
        "my landlord is comparing quotes, whenever is fine"],
}

ASKS = {
    "emergency": [
        "send somebody right now please",
        "I need someone immediately",
        "how fast can you be here, hurry",
        "please come at once, do not wait",
        "we need help this minute",
        "get a technician here now",
        "can you come right away, it cannot wait",
        "please hurry, we need someone now",
        "we need somebody right now, please hurry",
        "come immediately, it cannot wait",
        "please send a technician at once",
        "please hurry and send someone right away",
        "we need a technician immediately, come now",
        "I need help right now, please come at once"],
    "today": [
        "can somebody come today",
        "we need it fixed today",
        "do you have a slot this afternoon",
        "please come before tonight",
        "any time today works",
        "can you squeeze me in this afternoon",
        "I need someone by the end of the day",
        "today would be good",
        "is there a slot today",
        "please squeeze us in before tonight",
        "any time this afternoon works",
        "can you come this afternoon or by the end of the day",
        "we need a slot today, any time works",
        "please fix it today, before tonight"],
    "soon": [
        "can you come this week",
        "I need an appointment in the next few days",
        "do you have anything on Thursday or Friday",
        "some time this week would be great",
        "when is your next appointment this week",
        "could you come by in the next days",
        "is Wednesday possible",
        "please call me for an appointment this week",
        "anything in the next few days",
        "an appointment on Thursday would be great",
        "could you come this week, Wednesday or Friday",
        "do you have an appointment in the next days",
        "is Friday this week possible",
        "please call me, some time in the next few days"],
    "routine": [
        "please send me an estimate",
        "what would that cost",
        "can we schedule it for next month",
        "call me back when you have time",
        "please put us on your list",
        "what are your prices",
        "send me your available dates",
        "an email with an estimate is enough",
        "please email me your prices",
        "put us on the list for next month",
        "an estimate and your available dates, please",
        "what would an estimate cost, call back when you have time",
        "please email an estimate and available dates",
        "can we schedule it next month, what are your prices"],
}

# The same in Spanish, for callers who switch: one entry in eight asks this way.
ASKS_SPANISH = {
    "emergency": [
        "vengan ya por favor es una emergencia", "necesito ayuda ahora mismo",
        "por favor manden a alguien ya", "es muy peligroso vengan ahora",
        "no puede esperar apúrense", "ayuda ya por favor", "manden un técnico ahora mismo",
        "es una emergencia apúrense", "necesito a alguien ya es peligroso",
        "vengan ahora mismo por favor", "por favor apúrense es una emergencia",
        "ayuda ahora es muy peligroso", "manden a alguien ahora mismo no puede esperar",
        "es peligroso necesito ayuda ya"],
    "today": [
        "pueden venir hoy", "lo necesito hoy por favor", "tienen tiempo esta tarde",
        "hoy en la tarde estoy en casa", "antes de la noche por favor", "hoy mismo si se puede",
        "esta tarde estaría bien", "necesito que vengan hoy", "hoy por favor esta tarde",
        "pueden venir antes de la noche", "estoy en casa hoy", "lo necesito esta tarde",
        "si se puede hoy en la tarde", "tienen tiempo hoy antes de la noche"],
    "soon": [
        "pueden venir esta semana", "necesito una cita esta semana", "el jueves o el viernes",
        "en los próximos días por favor", "tienen cita el miércoles", "esta semana si se puede",
        "llámeme para una cita", "cuándo pueden venir esta semana", "una cita el jueves por favor",
        "en los próximos días esta semana", "el miércoles o el viernes", "una cita en los próximos días",
        "pueden venir el viernes esta semana", "llámeme para el jueves"],
    "routine": [
        "cuánto cuesta", "quiero un presupuesto por favor", "no hay prisa",
        "el próximo mes está bien", "cuando tengan tiempo", "solo quiero precios",
        "mándeme un presupuesto", "no es urgente", "un presupuesto sin prisa",
        "cuánto cuesta el próximo mes", "solo un presupuesto cuando tengan tiempo",
        "quiero precios no hay prisa", "mándeme precios para el próximo mes",
        "no es urgente cuando tengan tiempo"],
}

# 8 train, 2 validate, 2 test.
OPENERS = [
    "hi, this is {name} calling", "hello, my name is {name}", "good morning, {name} here",
    "yes hi, I am {name} at {address}", "hi there", "hello, is this the service line",
    "good afternoon, I am calling about the house at {address}", "hey, it is {name} again",
    "hello, {name} speaking", "hi, calling from {address}",
    "good evening, this is {name}", "hello there, I live at {address}"]
CONTACTS = [
    "my number is {phone}", "you can reach me at {phone}", "call me on {phone}",
    "the address is {address}", "we are at {address}, phone {phone}", "email me at {email}",
    "text {phone} if you are close", "it is the house at {address}",
    "the best number is {phone}", "we live at {address}",
    "reach me on {phone} or at {email}", "come to {address}, my phone is {phone}"]
DETAILS = [
    "the house is about {age} years old", "we rent the place", "somebody looked at it last year",
    "I already watched a video but it did not help", "there is a dog in the yard",
    "parking is in the back", "we are on the {floor} floor", "it is a rental unit",
    "the place is {age} years old", "a dog is in the yard",
    "we live on the {floor} floor", "you can park behind the house"]
CLOSERS = [
    "thank you", "thanks a lot", "thanks, bye", "okay thank you so much", "that is all",
    "please let me know", "I appreciate it", "talk to you soon",
    "thank you, bye", "thanks and let me know",
    "much appreciated", "okay, bye now"]

# Words for the slots: the same in all splits.
SLOTS = {
    "where": ["in the kitchen", "in the basement", "upstairs", "in the bathroom", "in the garage",
              "in the laundry room", "in the hallway", "at the back of the house", "in unit {floor}",
              "in the crawl space", "by the front yard", "in the guest bath"],
    "cold": ["48", "51", "53", "55", "57", "59"],
    "hot": ["84", "86", "88", "91", "94"],
    "age": ["8", "12", "15", "20", "35", "60"],
    "floor": ["first", "second", "third", "top"],
    "first": ["Alex", "Sam", "Jordan", "Maria", "Luis", "Kim", "Pat", "Rosa", "Dana", "Chris",
              "Lee", "Ana", "Robin", "Terry", "Carmen", "Jamie"],
    "last": ["Miller", "Garcia", "Smith", "Lopez", "Brown", "Nguyen", "Johnson", "Davis", "Perez",
             "Wilson", "Martin", "Clark"],
    "street": ["Example Street", "Sample Avenue", "Specimen Road", "Placeholder Lane",
               "Model Court", "Demo Drive"],
}

# What speech recognition makes of trade words.
MISHEARD = {
    "leaking": "leeking", "drain": "drane", "sewer": "sore", "furnace": "furniss", "boiler": "broiler",
    "faucet": "fawcet", "heater": "heeder", "toilet": "toylet", "pipe": "pipes", "coil": "coal",
    "pilot": "pile it", "roots": "routes", "sewage": "suage", "condenser": "condensor", "valve": "valves",
    "basement": "base mint", "technician": "technition", "appointment": "a pointment", "flush": "flash",
}
FILLERS = ["uh", "um", "you know", "like", "I mean", "so"]
SHORTENED = {"please": "pls", "you": "u", "are": "r", "thanks": "thx", "appointment": "appt",
             "because": "bc", "tonight": "tonite", "water": "wtr"}

# Share of each trade in the calls of a season.
SEASONS = {
    "winter": {"plumbing": 24, "heating": 34, "cooling": 4, "sewer": 16, "water_heater": 22},
    "summer": {"plumbing": 24, "heating": 4, "cooling": 36, "sewer": 20, "water_heater": 16},
}
