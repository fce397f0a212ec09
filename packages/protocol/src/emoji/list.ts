// Written by scripts/emoji-data.mjs.

/** A line for each emoji: itself, its names, further words, and “+” if it has skin tones. */
export const EMOJI_LIST = `# smileys
😀	grinning grinning_face	smile happy
😃	smiley grinning_face_with_big_eyes	happy joy haha
😄	smile grinning_face_with_smiling_eyes	happy joy laugh pleased
😁	grin beaming_face_with_smiling_eyes	
😆	laughing satisfied grinning_squinting_face	happy haha
😅	sweat_smile grinning_face_with_sweat	hot
🤣	rofl rolling_on_the_floor_laughing	lol
😂	joy face_with_tears_of_joy	
🙂	slightly_smiling_face	
🙃	upside_down_face	
🫠	melting_face	sarcasm dread
😉	wink winking_face	flirt
😊	blush smiling_face_with_smiling_eyes	proud
😇	innocent smiling_face_with_halo	angel
🥰	smiling_face_with_three_hearts smiling_face_with_hearts	love
😍	heart_eyes smiling_face_with_heart_eyes	love crush
🤩	star_struck	eyes
😘	kissing_heart face_blowing_a_kiss	flirt
😗	kissing kissing_face	
☺️	relaxed smiling_face	blush pleased
😚	kissing_closed_eyes kissing_face_with_closed_eyes	
😙	kissing_smiling_eyes kissing_face_with_smiling_eyes	
🥲	smiling_face_with_tear	
😋	yum face_savoring_food	tongue lick
😛	stuck_out_tongue face_with_tongue	
😜	stuck_out_tongue_winking_eye winking_face_with_tongue	prank silly
🤪	zany_face	goofy wacky
😝	stuck_out_tongue_closed_eyes squinting_face_with_tongue	prank
🤑	money_mouth_face	rich
🤗	hugs smiling_face_with_open_hands	
🤭	hand_over_mouth face_with_hand_over_mouth	quiet whoops
🫢	face_with_open_eyes_and_hand_over_mouth	gasp shock
🫣	face_with_peeking_eye	
🤫	shushing_face	silence quiet
🤔	thinking thinking_face	
🫡	saluting_face	respect
🤐	zipper_mouth_face	silence hush
🤨	raised_eyebrow face_with_raised_eyebrow	suspicious
😐	neutral_face	meh
😑	expressionless expressionless_face	
😶	no_mouth face_without_mouth	mute silence
🫥	dotted_line_face	invisible
😶‍🌫️	face_in_clouds	
😏	smirk smirking_face	smug
😒	unamused unamused_face	meh
🙄	roll_eyes face_with_rolling_eyes	
😬	grimacing grimacing_face	
😮‍💨	face_exhaling	
🤥	lying_face	liar
🫨	shaking_face	shock
😌	relieved relieved_face	whew
😔	pensive pensive_face	
😪	sleepy sleepy_face	tired
🤤	drooling_face	
😴	sleeping sleeping_face	zzz
😷	mask face_with_medical_mask	sick ill
🤒	face_with_thermometer	sick
🤕	face_with_head_bandage	hurt
🤢	nauseated_face	sick barf disgusted
🤮	vomiting_face face_vomiting	barf sick
🤧	sneezing_face	achoo sick
🥵	hot_face	heat sweating
🥶	cold_face	freezing ice
🥴	woozy_face	groggy
😵	dizzy_face face_with_crossed_out_eyes	
😵‍💫	face_with_spiral_eyes	
🤯	exploding_head	mind blown
🤠	cowboy_hat_face	
🥳	partying_face	celebration birthday
🥸	disguised_face	
😎	sunglasses smiling_face_with_sunglasses	cool
🤓	nerd_face	geek glasses
🧐	monocle_face face_with_monocle	
😕	confused confused_face	
🫤	face_with_diagonal_mouth	confused
😟	worried worried_face	nervous
🙁	slightly_frowning_face	
☹️	frowning_face	
😮	open_mouth face_with_open_mouth	surprise impressed wow
😯	hushed hushed_face	silence speechless
😲	astonished astonished_face	amazed gasp
😳	flushed flushed_face	
🥺	pleading_face	puppy eyes
🥹	face_holding_back_tears	gratitude
😦	frowning frowning_face_with_open_mouth	
😧	anguished anguished_face	stunned
😨	fearful fearful_face	scared shocked oops
😰	cold_sweat anxious_face_with_sweat	nervous
😥	disappointed_relieved sad_but_relieved_face	phew sweat nervous
😢	cry crying_face	sad tear
😭	sob loudly_crying_face	sad cry bawling
😱	scream face_screaming_in_fear	horror shocked
😖	confounded confounded_face	
😣	persevere persevering_face	struggling
😞	disappointed disappointed_face	sad
😓	sweat downcast_face_with_sweat	
😩	weary weary_face	tired
😫	tired_face	upset whine
🥱	yawning_face	
😤	triumph face_with_steam_from_nose	smug
😡	rage pout enraged_face	angry
😠	angry angry_face	mad annoyed
🤬	cursing_face face_with_symbols_on_mouth	foul
😈	smiling_imp smiling_face_with_horns	devil evil
👿	imp angry_face_with_horns	devil evil
💀	skull	dead danger poison
☠️	skull_and_crossbones	danger pirate
💩	hankey poop shit pile_of_poo	crap
🤡	clown_face	
👹	japanese_ogre ogre	monster
👺	japanese_goblin goblin	
👻	ghost	halloween
👽	alien	ufo
👾	space_invader alien_monster	game retro
🤖	robot	
😺	smiley_cat grinning_cat	
😸	smile_cat grinning_cat_with_smiling_eyes	
😹	joy_cat cat_with_tears_of_joy	
😻	heart_eyes_cat smiling_cat_with_heart_eyes	
😼	smirk_cat cat_with_wry_smile	
😽	kissing_cat	
🙀	scream_cat weary_cat	horror
😿	crying_cat_face crying_cat	sad tear
😾	pouting_cat	
🙈	see_no_evil see_no_evil_monkey	blind ignore
🙉	hear_no_evil hear_no_evil_monkey	deaf
🙊	speak_no_evil speak_no_evil_monkey	mute hush
💌	love_letter	email envelope
💘	cupid heart_with_arrow	love
💝	gift_heart heart_with_ribbon	chocolates
💖	sparkling_heart	
💗	heartpulse growing_heart	
💓	heartbeat beating_heart	
💞	revolving_hearts	
💕	two_hearts	
💟	heart_decoration	
❣️	heavy_heart_exclamation heart_exclamation	
💔	broken_heart	
❤️‍🔥	heart_on_fire	
❤️‍🩹	mending_heart	
❤️	heart red_heart	love
🩷	pink_heart	
🧡	orange_heart	
💛	yellow_heart	
💚	green_heart	
💙	blue_heart	
🩵	light_blue_heart	
💜	purple_heart	
🤎	brown_heart	
🖤	black_heart	
🩶	grey_heart	
🤍	white_heart	
💋	kiss kiss_mark	lipstick
💯	100 hundred_points	score perfect
💢	anger anger_symbol	angry
💥	boom collision	explode
💫	dizzy	star
💦	sweat_drops sweat_droplets	water workout
💨	dash dashing_away	wind blow fast
🕳️	hole	
💬	speech_balloon	comment
👁️‍🗨️	eye_speech_bubble eye_in_speech_bubble	
🗨️	left_speech_bubble	
🗯️	right_anger_bubble	
💭	thought_balloon	thinking
💤	zzz	sleeping
# people
👋	wave waving_hand	goodbye	+
🤚	raised_back_of_hand		+
🖐️	raised_hand_with_fingers_splayed hand_with_fingers_splayed		+
✋	hand raised_hand	highfive stop	+
🖖	vulcan_salute	prosper spock	+
🫱	rightwards_hand		+
🫲	leftwards_hand		+
🫳	palm_down_hand		+
🫴	palm_up_hand		+
🫷	leftwards_pushing_hand		+
🫸	rightwards_pushing_hand		+
👌	ok_hand		+
🤌	pinched_fingers		+
🤏	pinching_hand		+
✌️	v victory_hand	peace	+
🤞	crossed_fingers	luck hopeful	+
🫰	hand_with_index_finger_and_thumb_crossed		+
🤟	love_you_gesture		+
🤘	metal sign_of_the_horns		+
🤙	call_me_hand		+
👈	point_left backhand_index_pointing_left		+
👉	point_right backhand_index_pointing_right		+
👆	point_up_2 backhand_index_pointing_up		+
🖕	middle_finger fu		+
👇	point_down backhand_index_pointing_down		+
☝️	point_up index_pointing_up		+
🫵	index_pointing_at_the_viewer		+
👍	+1 thumbsup thumbs_up	approve ok	+
👎	-1 thumbsdown thumbs_down	disapprove bury	+
✊	fist_raised fist raised_fist	power	+
👊	fist_oncoming facepunch punch oncoming_fist	attack	+
🤛	fist_left left_facing_fist		+
🤜	fist_right right_facing_fist		+
👏	clap clapping_hands	praise applause	+
🙌	raised_hands raising_hands	hooray	+
🫶	heart_hands	love	+
👐	open_hands		+
🤲	palms_up_together		+
🤝	handshake	deal	+
🙏	pray folded_hands	please hope wish	+
✍️	writing_hand		+
💅	nail_care nail_polish	beauty manicure	+
🤳	selfie		+
💪	muscle flexed_biceps	flex bicep strong workout	+
🦾	mechanical_arm	
🦿	mechanical_leg	
🦵	leg		+
🦶	foot		+
👂	ear	hear sound listen	+
🦻	ear_with_hearing_aid		+
👃	nose	smell	+
🧠	brain	
🫀	anatomical_heart	
🫁	lungs	
🦷	tooth	
🦴	bone	
👀	eyes	look see watch
👁️	eye	
👅	tongue	taste
👄	lips mouth	kiss
🫦	biting_lip	
👶	baby	child newborn	+
🧒	child		+
👦	boy	child	+
👧	girl	child	+
🧑	adult person		+
👱	blond_haired_person person_blond_hair		+
👨	man	mustache father dad	+
🧔	bearded_person person_beard		+
🧔‍♂️	man_beard		+
🧔‍♀️	woman_beard		+
👨‍🦰	red_haired_man man_red_hair		+
👨‍🦱	curly_haired_man man_curly_hair		+
👨‍🦳	white_haired_man man_white_hair		+
👨‍🦲	bald_man man_bald		+
👩	woman	girls	+
👩‍🦰	red_haired_woman woman_red_hair		+
🧑‍🦰	person_red_hair		+
👩‍🦱	curly_haired_woman woman_curly_hair		+
🧑‍🦱	person_curly_hair		+
👩‍🦳	white_haired_woman woman_white_hair		+
🧑‍🦳	person_white_hair		+
👩‍🦲	bald_woman woman_bald		+
🧑‍🦲	person_bald		+
👱‍♀️	blond_haired_woman blonde_woman woman_blond_hair		+
👱‍♂️	blond_haired_man man_blond_hair		+
🧓	older_adult older_person		+
👴	older_man old_man		+
👵	older_woman old_woman		+
🙍	frowning_person person_frowning		+
🙍‍♂️	frowning_man man_frowning		+
🙍‍♀️	frowning_woman woman_frowning		+
🙎	pouting_face person_pouting		+
🙎‍♂️	pouting_man man_pouting		+
🙎‍♀️	pouting_woman woman_pouting		+
🙅	no_good person_gesturing_no	stop halt denied	+
🙅‍♂️	no_good_man ng_man man_gesturing_no	stop halt denied	+
🙅‍♀️	no_good_woman ng_woman woman_gesturing_no	stop halt denied	+
🙆	ok_person person_gesturing_ok		+
🙆‍♂️	ok_man man_gesturing_ok		+
🙆‍♀️	ok_woman woman_gesturing_ok		+
💁	tipping_hand_person information_desk_person person_tipping_hand		+
💁‍♂️	tipping_hand_man sassy_man man_tipping_hand	information	+
💁‍♀️	tipping_hand_woman sassy_woman woman_tipping_hand	information	+
🙋	raising_hand person_raising_hand		+
🙋‍♂️	raising_hand_man man_raising_hand		+
🙋‍♀️	raising_hand_woman woman_raising_hand		+
🧏	deaf_person		+
🧏‍♂️	deaf_man		+
🧏‍♀️	deaf_woman		+
🙇	bow person_bowing	respect thanks	+
🙇‍♂️	bowing_man man_bowing	respect thanks	+
🙇‍♀️	bowing_woman woman_bowing	respect thanks	+
🤦	facepalm person_facepalming		+
🤦‍♂️	man_facepalming		+
🤦‍♀️	woman_facepalming		+
🤷	shrug person_shrugging		+
🤷‍♂️	man_shrugging		+
🤷‍♀️	woman_shrugging		+
🧑‍⚕️	health_worker		+
👨‍⚕️	man_health_worker	doctor nurse	+
👩‍⚕️	woman_health_worker	doctor nurse	+
🧑‍🎓	student		+
👨‍🎓	man_student	graduation	+
👩‍🎓	woman_student	graduation	+
🧑‍🏫	teacher		+
👨‍🏫	man_teacher	school professor	+
👩‍🏫	woman_teacher	school professor	+
🧑‍⚖️	judge		+
👨‍⚖️	man_judge	justice	+
👩‍⚖️	woman_judge	justice	+
🧑‍🌾	farmer		+
👨‍🌾	man_farmer		+
👩‍🌾	woman_farmer		+
🧑‍🍳	cook		+
👨‍🍳	man_cook	chef	+
👩‍🍳	woman_cook	chef	+
🧑‍🔧	mechanic		+
👨‍🔧	man_mechanic		+
👩‍🔧	woman_mechanic		+
🧑‍🏭	factory_worker		+
👨‍🏭	man_factory_worker		+
👩‍🏭	woman_factory_worker		+
🧑‍💼	office_worker		+
👨‍💼	man_office_worker	business	+
👩‍💼	woman_office_worker	business	+
🧑‍🔬	scientist		+
👨‍🔬	man_scientist	research	+
👩‍🔬	woman_scientist	research	+
🧑‍💻	technologist		+
👨‍💻	man_technologist	coder	+
👩‍💻	woman_technologist	coder	+
🧑‍🎤	singer		+
👨‍🎤	man_singer	rockstar	+
👩‍🎤	woman_singer	rockstar	+
🧑‍🎨	artist		+
👨‍🎨	man_artist	painter	+
👩‍🎨	woman_artist	painter	+
🧑‍✈️	pilot		+
👨‍✈️	man_pilot		+
👩‍✈️	woman_pilot		+
🧑‍🚀	astronaut		+
👨‍🚀	man_astronaut	space	+
👩‍🚀	woman_astronaut	space	+
🧑‍🚒	firefighter		+
👨‍🚒	man_firefighter		+
👩‍🚒	woman_firefighter		+
👮	police_officer cop	law	+
👮‍♂️	policeman man_police_officer	law cop	+
👮‍♀️	policewoman woman_police_officer	law cop	+
🕵️	detective	sleuth	+
🕵️‍♂️	male_detective man_detective	sleuth	+
🕵️‍♀️	female_detective woman_detective	sleuth	+
💂	guard		+
💂‍♂️	guardsman man_guard		+
💂‍♀️	guardswoman woman_guard		+
🥷	ninja		+
👷	construction_worker	helmet	+
👷‍♂️	construction_worker_man man_construction_worker	helmet	+
👷‍♀️	construction_worker_woman woman_construction_worker	helmet	+
🫅	person_with_crown		+
🤴	prince	crown royal	+
👸	princess	crown royal	+
👳	person_with_turban person_wearing_turban		+
👳‍♂️	man_with_turban man_wearing_turban		+
👳‍♀️	woman_with_turban woman_wearing_turban		+
👲	man_with_gua_pi_mao person_with_skullcap		+
🧕	woman_with_headscarf	hijab	+
🤵	person_in_tuxedo	groom marriage wedding	+
🤵‍♂️	man_in_tuxedo		+
🤵‍♀️	woman_in_tuxedo		+
👰	person_with_veil	marriage wedding	+
👰‍♂️	man_with_veil		+
👰‍♀️	woman_with_veil bride_with_veil		+
🤰	pregnant_woman		+
🫃	pregnant_man		+
🫄	pregnant_person		+
🤱	breast_feeding	nursing	+
👩‍🍼	woman_feeding_baby		+
👨‍🍼	man_feeding_baby		+
🧑‍🍼	person_feeding_baby		+
👼	angel baby_angel		+
🎅	santa santa_claus	christmas	+
🤶	mrs_claus	santa	+
🧑‍🎄	mx_claus		+
🦸	superhero		+
🦸‍♂️	superhero_man man_superhero		+
🦸‍♀️	superhero_woman woman_superhero		+
🦹	supervillain		+
🦹‍♂️	supervillain_man man_supervillain		+
🦹‍♀️	supervillain_woman woman_supervillain		+
🧙	mage	wizard	+
🧙‍♂️	mage_man man_mage	wizard	+
🧙‍♀️	mage_woman woman_mage	wizard	+
🧚	fairy		+
🧚‍♂️	fairy_man man_fairy		+
🧚‍♀️	fairy_woman woman_fairy		+
🧛	vampire		+
🧛‍♂️	vampire_man man_vampire		+
🧛‍♀️	vampire_woman woman_vampire		+
🧜	merperson		+
🧜‍♂️	merman		+
🧜‍♀️	mermaid		+
🧝	elf		+
🧝‍♂️	elf_man man_elf		+
🧝‍♀️	elf_woman woman_elf		+
🧞	genie	
🧞‍♂️	genie_man man_genie	
🧞‍♀️	genie_woman woman_genie	
🧟	zombie	
🧟‍♂️	zombie_man man_zombie	
🧟‍♀️	zombie_woman woman_zombie	
🧌	troll	
💆	massage person_getting_massage	spa	+
💆‍♂️	massage_man man_getting_massage	spa	+
💆‍♀️	massage_woman woman_getting_massage	spa	+
💇	haircut person_getting_haircut	beauty	+
💇‍♂️	haircut_man man_getting_haircut		+
💇‍♀️	haircut_woman woman_getting_haircut		+
🚶	walking person_walking		+
🚶‍♂️	walking_man man_walking		+
🚶‍♀️	walking_woman woman_walking		+
🧍	standing_person person_standing		+
🧍‍♂️	standing_man man_standing		+
🧍‍♀️	standing_woman woman_standing		+
🧎	kneeling_person person_kneeling		+
🧎‍♂️	kneeling_man man_kneeling		+
🧎‍♀️	kneeling_woman woman_kneeling		+
🧑‍🦯	person_with_probing_cane person_with_white_cane		+
👨‍🦯	man_with_probing_cane man_with_white_cane		+
👩‍🦯	woman_with_probing_cane woman_with_white_cane		+
🧑‍🦼	person_in_motorized_wheelchair		+
👨‍🦼	man_in_motorized_wheelchair		+
👩‍🦼	woman_in_motorized_wheelchair		+
🧑‍🦽	person_in_manual_wheelchair		+
👨‍🦽	man_in_manual_wheelchair		+
👩‍🦽	woman_in_manual_wheelchair		+
🏃	runner running person_running	exercise workout marathon	+
🏃‍♂️	running_man man_running	exercise workout marathon	+
🏃‍♀️	running_woman woman_running	exercise workout marathon	+
💃	woman_dancing dancer	dress	+
🕺	man_dancing	dancer	+
🕴️	business_suit_levitating person_in_suit_levitating		+
👯	dancers people_with_bunny_ears		+
👯‍♂️	dancing_men men_with_bunny_ears		+
👯‍♀️	dancing_women women_with_bunny_ears		+
🧖	sauna_person person_in_steamy_room		+
🧖‍♂️	sauna_man man_in_steamy_room		+
🧖‍♀️	sauna_woman woman_in_steamy_room		+
🧗	climbing person_climbing	bouldering	+
🧗‍♂️	climbing_man man_climbing	bouldering	+
🧗‍♀️	climbing_woman woman_climbing	bouldering	+
🤺	person_fencing	
🏇	horse_racing		+
⛷️	skier	
🏂	snowboarder		+
🏌️	golfing person_golfing		+
🏌️‍♂️	golfing_man man_golfing		+
🏌️‍♀️	golfing_woman woman_golfing		+
🏄	surfer person_surfing		+
🏄‍♂️	surfing_man man_surfing		+
🏄‍♀️	surfing_woman woman_surfing		+
🚣	rowboat person_rowing_boat		+
🚣‍♂️	rowing_man man_rowing_boat		+
🚣‍♀️	rowing_woman woman_rowing_boat		+
🏊	swimmer person_swimming		+
🏊‍♂️	swimming_man man_swimming		+
🏊‍♀️	swimming_woman woman_swimming		+
⛹️	bouncing_ball_person person_bouncing_ball	basketball	+
⛹️‍♂️	bouncing_ball_man basketball_man man_bouncing_ball		+
⛹️‍♀️	bouncing_ball_woman basketball_woman woman_bouncing_ball		+
🏋️	weight_lifting person_lifting_weights	gym workout	+
🏋️‍♂️	weight_lifting_man man_lifting_weights	gym workout	+
🏋️‍♀️	weight_lifting_woman woman_lifting_weights	gym workout	+
🚴	bicyclist person_biking		+
🚴‍♂️	biking_man man_biking		+
🚴‍♀️	biking_woman woman_biking		+
🚵	mountain_bicyclist person_mountain_biking		+
🚵‍♂️	mountain_biking_man man_mountain_biking		+
🚵‍♀️	mountain_biking_woman woman_mountain_biking		+
🤸	cartwheeling person_cartwheeling		+
🤸‍♂️	man_cartwheeling		+
🤸‍♀️	woman_cartwheeling		+
🤼	wrestling people_wrestling		+
🤼‍♂️	men_wrestling		+
🤼‍♀️	women_wrestling		+
🤽	water_polo person_playing_water_polo		+
🤽‍♂️	man_playing_water_polo		+
🤽‍♀️	woman_playing_water_polo		+
🤾	handball_person person_playing_handball		+
🤾‍♂️	man_playing_handball		+
🤾‍♀️	woman_playing_handball		+
🤹	juggling_person person_juggling		+
🤹‍♂️	man_juggling		+
🤹‍♀️	woman_juggling		+
🧘	lotus_position person_in_lotus_position	meditation	+
🧘‍♂️	lotus_position_man man_in_lotus_position	meditation	+
🧘‍♀️	lotus_position_woman woman_in_lotus_position	meditation	+
🛀	bath person_taking_bath	shower	+
🛌	sleeping_bed person_in_bed		+
🧑‍🤝‍🧑	people_holding_hands	couple date	+
👭	two_women_holding_hands women_holding_hands	couple date	+
👫	couple woman_and_man_holding_hands	date	+
👬	two_men_holding_hands men_holding_hands	couple date	+
💏	couplekiss kiss		+
👩‍❤️‍💋‍👨	couplekiss_man_woman kiss_woman_man		+
👨‍❤️‍💋‍👨	couplekiss_man_man kiss_man_man		+
👩‍❤️‍💋‍👩	couplekiss_woman_woman kiss_woman_woman		+
💑	couple_with_heart		+
👩‍❤️‍👨	couple_with_heart_woman_man		+
👨‍❤️‍👨	couple_with_heart_man_man		+
👩‍❤️‍👩	couple_with_heart_woman_woman		+
👨‍👩‍👦	family_man_woman_boy	
👨‍👩‍👧	family_man_woman_girl	
👨‍👩‍👧‍👦	family_man_woman_girl_boy	
👨‍👩‍👦‍👦	family_man_woman_boy_boy	
👨‍👩‍👧‍👧	family_man_woman_girl_girl	
👨‍👨‍👦	family_man_man_boy	
👨‍👨‍👧	family_man_man_girl	
👨‍👨‍👧‍👦	family_man_man_girl_boy	
👨‍👨‍👦‍👦	family_man_man_boy_boy	
👨‍👨‍👧‍👧	family_man_man_girl_girl	
👩‍👩‍👦	family_woman_woman_boy	
👩‍👩‍👧	family_woman_woman_girl	
👩‍👩‍👧‍👦	family_woman_woman_girl_boy	
👩‍👩‍👦‍👦	family_woman_woman_boy_boy	
👩‍👩‍👧‍👧	family_woman_woman_girl_girl	
👨‍👦	family_man_boy	
👨‍👦‍👦	family_man_boy_boy	
👨‍👧	family_man_girl	
👨‍👧‍👦	family_man_girl_boy	
👨‍👧‍👧	family_man_girl_girl	
👩‍👦	family_woman_boy	
👩‍👦‍👦	family_woman_boy_boy	
👩‍👧	family_woman_girl	
👩‍👧‍👦	family_woman_girl_boy	
👩‍👧‍👧	family_woman_girl_girl	
🗣️	speaking_head	
👤	bust_in_silhouette	user
👥	busts_in_silhouette	users group team
🫂	people_hugging	
👪	family	home parents child
👣	footprints	feet tracks
# animals
🐵	monkey_face	
🐒	monkey	
🦍	gorilla	
🦧	orangutan	
🐶	dog dog_face	pet
🐕	dog2 dog	
🦮	guide_dog	
🐕‍🦺	service_dog	
🐩	poodle	dog
🐺	wolf	
🦊	fox_face fox	
🦝	raccoon	
🐱	cat cat_face	pet
🐈	cat2 cat	
🐈‍⬛	black_cat	
🦁	lion	
🐯	tiger tiger_face	
🐅	tiger2 tiger	
🐆	leopard	
🐴	horse horse_face	
🫎	moose	canada
🫏	donkey	mule
🐎	racehorse horse	speed
🦄	unicorn	
🦓	zebra	
🦌	deer	
🦬	bison	
🐮	cow cow_face	
🐂	ox	
🐃	water_buffalo	
🐄	cow2 cow	
🐷	pig pig_face	
🐖	pig2 pig	
🐗	boar	
🐽	pig_nose	
🐏	ram	
🐑	sheep ewe	
🐐	goat	
🐪	dromedary_camel camel	desert
🐫	camel two_hump_camel	
🦙	llama	
🦒	giraffe	
🐘	elephant	
🦣	mammoth	
🦏	rhinoceros	
🦛	hippopotamus	
🐭	mouse mouse_face	
🐁	mouse2 mouse	
🐀	rat	
🐹	hamster	pet
🐰	rabbit rabbit_face	bunny
🐇	rabbit2 rabbit	
🐿️	chipmunk	
🦫	beaver	
🦔	hedgehog	
🦇	bat	
🐻	bear	
🐻‍❄️	polar_bear	
🐨	koala	
🐼	panda_face panda	
🦥	sloth	
🦦	otter	
🦨	skunk	
🦘	kangaroo	
🦡	badger	
🐾	feet paw_prints	
🦃	turkey	thanksgiving
🐔	chicken	
🐓	rooster	
🐣	hatching_chick	
🐤	baby_chick	
🐥	hatched_chick front_facing_baby_chick	
🐦	bird	
🐧	penguin	
🕊️	dove	peace
🦅	eagle	
🦆	duck	
🦢	swan	
🦉	owl	
🦤	dodo	
🪶	feather	
🦩	flamingo	
🦚	peacock	
🦜	parrot	
🪽	wing	fly
🐦‍⬛	black_bird	
🪿	goose	honk
🐸	frog	
🐊	crocodile	
🐢	turtle	slow
🦎	lizard	
🐍	snake	
🐲	dragon_face	
🐉	dragon	
🦕	sauropod	dinosaur
🦖	t-rex t_rex	dinosaur
🐳	whale spouting_whale	sea
🐋	whale2 whale	
🐬	dolphin flipper	
🦭	seal	
🐟	fish	
🐠	tropical_fish	
🐡	blowfish	
🦈	shark	
🐙	octopus	
🐚	shell spiral_shell	sea beach
🪸	coral	
🪼	jellyfish	
🦀	crab	
🦞	lobster	
🦐	shrimp	
🦑	squid	
🦪	oyster	
🐌	snail	slow
🦋	butterfly	
🐛	bug	
🐜	ant	
🐝	bee honeybee	
🪲	beetle	
🐞	lady_beetle	bug
🦗	cricket	
🪳	cockroach	
🕷️	spider	
🕸️	spider_web	
🦂	scorpion	
🦟	mosquito	
🪰	fly	
🪱	worm	
🦠	microbe	germ
💐	bouquet	flowers
🌸	cherry_blossom	flower spring
💮	white_flower	
🪷	lotus	
🏵️	rosette	
🌹	rose	flower
🥀	wilted_flower	
🌺	hibiscus	
🌻	sunflower	
🌼	blossom	
🌷	tulip	flower
🪻	hyacinth	
🌱	seedling	plant
🪴	potted_plant	
🌲	evergreen_tree	wood
🌳	deciduous_tree	wood
🌴	palm_tree	
🌵	cactus	
🌾	ear_of_rice sheaf_of_rice	
🌿	herb	
☘️	shamrock	
🍀	four_leaf_clover	luck
🍁	maple_leaf	canada
🍂	fallen_leaf	autumn
🍃	leaves leaf_fluttering_in_wind	
🪹	empty_nest	
🪺	nest_with_eggs	
🍄	mushroom	fungus
# food
🍇	grapes	
🍈	melon	
🍉	watermelon	
🍊	tangerine orange mandarin	
🍋	lemon	
🍌	banana	fruit
🍍	pineapple	
🥭	mango	
🍎	apple red_apple	
🍏	green_apple	fruit
🍐	pear	
🍑	peach	
🍒	cherries	fruit
🍓	strawberry	fruit
🫐	blueberries	
🥝	kiwi_fruit	
🍅	tomato	
🫒	olive	
🥥	coconut	
🥑	avocado	
🍆	eggplant	aubergine
🥔	potato	
🥕	carrot	
🌽	corn ear_of_corn	
🌶️	hot_pepper	spicy
🫑	bell_pepper	
🥒	cucumber	
🥬	leafy_green	
🥦	broccoli	
🧄	garlic	
🧅	onion	
🥜	peanuts	
🫘	beans	
🌰	chestnut	
🫚	ginger_root	
🫛	pea_pod	
🍞	bread	toast
🥐	croissant	
🥖	baguette_bread	
🫓	flatbread	
🥨	pretzel	
🥯	bagel	
🥞	pancakes	
🧇	waffle	
🧀	cheese cheese_wedge	
🍖	meat_on_bone	
🍗	poultry_leg	meat chicken
🥩	cut_of_meat	
🥓	bacon	
🍔	hamburger	burger
🍟	fries french_fries	
🍕	pizza	
🌭	hotdog hot_dog	
🥪	sandwich	
🌮	taco	
🌯	burrito	
🫔	tamale	
🥙	stuffed_flatbread	
🧆	falafel	
🥚	egg	
🍳	fried_egg cooking	breakfast
🥘	shallow_pan_of_food	paella curry
🍲	stew pot_of_food	
🫕	fondue	
🥣	bowl_with_spoon	
🥗	green_salad	
🍿	popcorn	
🧈	butter	
🧂	salt	
🥫	canned_food	
🍱	bento bento_box	
🍘	rice_cracker	
🍙	rice_ball	
🍚	rice cooked_rice	
🍛	curry curry_rice	
🍜	ramen steaming_bowl	noodle
🍝	spaghetti	pasta
🍠	sweet_potato roasted_sweet_potato	
🍢	oden	
🍣	sushi	
🍤	fried_shrimp	tempura
🍥	fish_cake fish_cake_with_swirl	
🥮	moon_cake	
🍡	dango	
🥟	dumpling	
🥠	fortune_cookie	
🥡	takeout_box	
🍦	icecream soft_ice_cream	
🍧	shaved_ice	
🍨	ice_cream	
🍩	doughnut	
🍪	cookie	
🎂	birthday birthday_cake	party
🍰	cake shortcake	dessert
🧁	cupcake	
🥧	pie	
🍫	chocolate_bar	
🍬	candy	sweet
🍭	lollipop	
🍮	custard	
🍯	honey_pot	
🍼	baby_bottle	milk
🥛	milk_glass glass_of_milk	
☕	coffee hot_beverage	cafe espresso
🫖	teapot	
🍵	tea teacup_without_handle	green breakfast
🍶	sake	
🍾	champagne bottle_with_popping_cork	bubbly celebration
🍷	wine_glass	
🍸	cocktail cocktail_glass	drink
🍹	tropical_drink	summer vacation
🍺	beer beer_mug	drink
🍻	beers clinking_beer_mugs	drinks
🥂	clinking_glasses	cheers toast
🥃	tumbler_glass	whisky
🫗	pouring_liquid	
🥤	cup_with_straw	
🧋	bubble_tea	
🧃	beverage_box	
🧉	mate	
🧊	ice_cube ice	
🥢	chopsticks	
🍽️	plate_with_cutlery fork_and_knife_with_plate	dining dinner
🍴	fork_and_knife	cutlery
🥄	spoon	
🔪	hocho knife kitchen_knife	cut chop
🫙	jar	
🏺	amphora	
# travel
🌍	earth_africa globe_showing_europe_africa	world international
🌎	earth_americas globe_showing_americas	world international
🌏	earth_asia globe_showing_asia_australia	world international
🌐	globe_with_meridians	world global international
🗺️	world_map	travel
🗾	japan map_of_japan	
🧭	compass	
🏔️	mountain_snow snow_capped_mountain	
⛰️	mountain	
🌋	volcano	
🗻	mount_fuji	
🏕️	camping	
🏖️	beach_umbrella beach_with_umbrella	
🏜️	desert	
🏝️	desert_island	
🏞️	national_park	
🏟️	stadium	
🏛️	classical_building	
🏗️	building_construction	
🧱	bricks brick	
🪨	rock	
🪵	wood	
🛖	hut	
🏘️	houses	
🏚️	derelict_house	
🏠	house	
🏡	house_with_garden	
🏢	office office_building	
🏣	post_office japanese_post_office	
🏤	european_post_office post_office	
🏥	hospital	
🏦	bank	
🏨	hotel	
🏩	love_hotel	
🏪	convenience_store	
🏫	school	
🏬	department_store	
🏭	factory	
🏯	japanese_castle	
🏰	european_castle castle	
💒	wedding	marriage
🗼	tokyo_tower	
🗽	statue_of_liberty	
⛪	church	
🕌	mosque	
🛕	hindu_temple	
🕍	synagogue	
⛩️	shinto_shrine	
🕋	kaaba	
⛲	fountain	
⛺	tent	camping
🌁	foggy	karl
🌃	night_with_stars	
🏙️	cityscape	skyline
🌄	sunrise_over_mountains	
🌅	sunrise	
🌆	city_sunset cityscape_at_dusk	
🌇	city_sunrise sunset	
🌉	bridge_at_night	
♨️	hotsprings hot_springs	
🎠	carousel_horse	
🛝	playground_slide	
🎡	ferris_wheel	
🎢	roller_coaster	
💈	barber barber_pole	
🎪	circus_tent	
🚂	steam_locomotive locomotive	train
🚃	railway_car	
🚄	bullettrain_side high_speed_train	
🚅	bullettrain_front bullet_train	
🚆	train2 train	
🚇	metro	
🚈	light_rail	
🚉	station	
🚊	tram	
🚝	monorail	
🚞	mountain_railway	
🚋	train tram_car	
🚌	bus	
🚍	oncoming_bus	
🚎	trolleybus	
🚐	minibus	
🚑	ambulance	
🚒	fire_engine	
🚓	police_car	
🚔	oncoming_police_car	
🚕	taxi	
🚖	oncoming_taxi	
🚗	car red_car automobile	
🚘	oncoming_automobile	
🚙	blue_car sport_utility_vehicle	
🛻	pickup_truck	
🚚	truck delivery_truck	
🚛	articulated_lorry	
🚜	tractor	
🏎️	racing_car	
🏍️	motorcycle	
🛵	motor_scooter	
🦽	manual_wheelchair	
🦼	motorized_wheelchair	
🛺	auto_rickshaw	
🚲	bike bicycle	
🛴	kick_scooter	
🛹	skateboard	
🛼	roller_skate	
🚏	busstop bus_stop	
🛣️	motorway	
🛤️	railway_track	
🛢️	oil_drum	
⛽	fuelpump fuel_pump	
🛞	wheel	
🚨	rotating_light police_car_light	911 emergency
🚥	traffic_light horizontal_traffic_light	
🚦	vertical_traffic_light	semaphore
🛑	stop_sign	
🚧	construction	wip
⚓	anchor	ship
🛟	ring_buoy	life preserver
⛵	boat sailboat	
🛶	canoe	
🚤	speedboat	ship
🛳️	passenger_ship	cruise
⛴️	ferry	
🛥️	motor_boat	
🚢	ship	
✈️	airplane	flight
🛩️	small_airplane	flight
🛫	flight_departure airplane_departure	
🛬	flight_arrival airplane_arrival	
🪂	parachute	
💺	seat	
🚁	helicopter	
🚟	suspension_railway	
🚠	mountain_cableway	
🚡	aerial_tramway	
🛰️	artificial_satellite satellite	orbit space
🚀	rocket	ship launch
🛸	flying_saucer	ufo
🛎️	bellhop_bell	
🧳	luggage	
⌛	hourglass hourglass_done	time
⏳	hourglass_flowing_sand hourglass_not_done	time
⌚	watch	time
⏰	alarm_clock	morning
⏱️	stopwatch	
⏲️	timer_clock	
🕰️	mantelpiece_clock	
🕛	clock12 twelve_o_clock	
🕧	clock1230 twelve_thirty	
🕐	clock1 one_o_clock	
🕜	clock130 one_thirty	
🕑	clock2 two_o_clock	
🕝	clock230 two_thirty	
🕒	clock3 three_o_clock	
🕞	clock330 three_thirty	
🕓	clock4 four_o_clock	
🕟	clock430 four_thirty	
🕔	clock5 five_o_clock	
🕠	clock530 five_thirty	
🕕	clock6 six_o_clock	
🕡	clock630 six_thirty	
🕖	clock7 seven_o_clock	
🕢	clock730 seven_thirty	
🕗	clock8 eight_o_clock	
🕣	clock830 eight_thirty	
🕘	clock9 nine_o_clock	
🕤	clock930 nine_thirty	
🕙	clock10 ten_o_clock	
🕥	clock1030 ten_thirty	
🕚	clock11 eleven_o_clock	
🕦	clock1130 eleven_thirty	
🌑	new_moon	
🌒	waxing_crescent_moon	
🌓	first_quarter_moon	
🌔	moon waxing_gibbous_moon	
🌕	full_moon	
🌖	waning_gibbous_moon	
🌗	last_quarter_moon	
🌘	waning_crescent_moon	
🌙	crescent_moon	night
🌚	new_moon_with_face new_moon_face	
🌛	first_quarter_moon_with_face first_quarter_moon_face	
🌜	last_quarter_moon_with_face last_quarter_moon_face	
🌡️	thermometer	
☀️	sunny sun	weather
🌝	full_moon_with_face full_moon_face	
🌞	sun_with_face	summer
🪐	ringed_planet	
⭐	star	
🌟	star2 glowing_star	
🌠	stars shooting_star	
🌌	milky_way	
☁️	cloud	
⛅	partly_sunny sun_behind_cloud	weather
⛈️	cloud_with_lightning_and_rain	
🌤️	sun_behind_small_cloud	
🌥️	sun_behind_large_cloud	
🌦️	sun_behind_rain_cloud	
🌧️	cloud_with_rain	
🌨️	cloud_with_snow	
🌩️	cloud_with_lightning	
🌪️	tornado	
🌫️	fog	
🌬️	wind_face	
🌀	cyclone	swirl
🌈	rainbow	
🌂	closed_umbrella	weather rain
☂️	open_umbrella umbrella	
☔	umbrella umbrella_with_rain_drops	weather
⛱️	parasol_on_ground umbrella_on_ground	beach
⚡	zap high_voltage	lightning thunder
❄️	snowflake	winter cold weather
☃️	snowman_with_snow snowman	winter christmas
⛄	snowman snowman_without_snow	winter
☄️	comet	
🔥	fire	burn
💧	droplet	water
🌊	ocean water_wave	sea
# activities
🎃	jack_o_lantern	halloween
🎄	christmas_tree	
🎆	fireworks	festival celebration
🎇	sparkler	
🧨	firecracker	
✨	sparkles	shiny
🎈	balloon	party birthday
🎉	tada party_popper	hooray
🎊	confetti_ball	
🎋	tanabata_tree	
🎍	bamboo pine_decoration	
🎎	dolls japanese_dolls	
🎏	flags carp_streamer	
🎐	wind_chime	
🎑	rice_scene moon_viewing_ceremony	
🧧	red_envelope	
🎀	ribbon	
🎁	gift wrapped_gift	present birthday christmas
🎗️	reminder_ribbon	
🎟️	tickets admission_tickets	
🎫	ticket	
🎖️	medal_military military_medal	
🏆	trophy	award contest winner
🏅	medal_sports sports_medal	gold winner
🥇	1st_place_medal	gold
🥈	2nd_place_medal	silver
🥉	3rd_place_medal	bronze
⚽	soccer soccer_ball	sports
⚾	baseball	sports
🥎	softball	
🏀	basketball	sports
🏐	volleyball	
🏈	football american_football	sports
🏉	rugby_football	
🎾	tennis	sports
🥏	flying_disc	
🎳	bowling	
🏏	cricket_game	
🏑	field_hockey	
🏒	ice_hockey	
🥍	lacrosse	
🏓	ping_pong	
🏸	badminton	
🥊	boxing_glove	
🥋	martial_arts_uniform	
🥅	goal_net	
⛳	golf flag_in_hole	
⛸️	ice_skate	skating
🎣	fishing_pole_and_fish fishing_pole	
🤿	diving_mask	
🎽	running_shirt_with_sash running_shirt	marathon
🎿	ski skis	
🛷	sled	
🥌	curling_stone	
🎯	dart bullseye	target
🪀	yo_yo	
🪁	kite	
🔫	gun water_pistol	shoot weapon
🎱	8ball pool_8_ball	billiards
🔮	crystal_ball	fortune
🪄	magic_wand	
🎮	video_game	play controller console
🕹️	joystick	
🎰	slot_machine	
🎲	game_die	dice gambling
🧩	jigsaw puzzle_piece	
🧸	teddy_bear	
🪅	pinata	piñata
🪩	mirror_ball	disco party
🪆	nesting_dolls	
♠️	spades spade_suit	
♥️	hearts heart_suit	
♦️	diamonds diamond_suit	
♣️	clubs club_suit	
♟️	chess_pawn	
🃏	black_joker joker	
🀄	mahjong mahjong_red_dragon	
🎴	flower_playing_cards	
🎭	performing_arts	theater drama
🖼️	framed_picture	
🎨	art artist_palette	design paint
🧵	thread	
🪡	sewing_needle	
🧶	yarn	
🪢	knot	
# objects
👓	eyeglasses glasses	
🕶️	dark_sunglasses sunglasses	
🥽	goggles	
🥼	lab_coat	
🦺	safety_vest	
👔	necktie	shirt formal
👕	shirt tshirt t_shirt	
👖	jeans	pants
🧣	scarf	
🧤	gloves	
🧥	coat	
🧦	socks	
👗	dress	
👘	kimono	
🥻	sari	
🩱	one_piece_swimsuit	
🩲	swim_brief briefs	
🩳	shorts	
👙	bikini	beach
👚	womans_clothes woman_s_clothes	
🪭	folding_hand_fan	sensu
👛	purse	
👜	handbag	bag
👝	pouch clutch_bag	
🛍️	shopping shopping_bags	
🎒	school_satchel backpack	
🩴	thong_sandal	
👞	mans_shoe shoe man_s_shoe	
👟	athletic_shoe running_shoe	sneaker sport
🥾	hiking_boot	
🥿	flat_shoe	
👠	high_heel high_heeled_shoe	
👡	sandal woman_s_sandal	shoe
🩰	ballet_shoes	
👢	boot woman_s_boot	
🪮	hair_pick	
👑	crown	king queen royal
👒	womans_hat woman_s_hat	
🎩	tophat top_hat	classy
🎓	mortar_board graduation_cap	education college university
🧢	billed_cap	
🪖	military_helmet	
⛑️	rescue_worker_helmet rescue_worker_s_helmet	
📿	prayer_beads	
💄	lipstick	makeup
💍	ring	wedding marriage engaged
💎	gem gem_stone	diamond
🔇	mute muted_speaker	sound volume
🔈	speaker speaker_low_volume	
🔉	sound speaker_medium_volume	
🔊	loud_sound speaker_high_volume	
📢	loudspeaker	announcement
📣	mega megaphone	
📯	postal_horn	
🔔	bell	sound notification
🔕	no_bell bell_with_slash	volume off
🎼	musical_score	
🎵	musical_note	
🎶	notes musical_notes	music
🎙️	studio_microphone	podcast
🎚️	level_slider	
🎛️	control_knobs	
🎤	microphone	sing
🎧	headphones headphone	music earphones
📻	radio	podcast
🎷	saxophone	
🎺	trumpet	
🪗	accordion	
🎸	guitar	rock
🎹	musical_keyboard	piano
🎻	violin	
🪕	banjo	
🥁	drum	
🪘	long_drum	
🪇	maracas	shaker
🪈	flute	recorder
📱	iphone mobile_phone	smartphone
📲	calling mobile_phone_with_arrow	call incoming
☎️	phone telephone	
📞	telephone_receiver	phone call
📟	pager	
📠	fax fax_machine	
🔋	battery	power
🪫	low_battery	
🔌	electric_plug	
💻	computer laptop	desktop screen
🖥️	desktop_computer	
🖨️	printer	
⌨️	keyboard	
🖱️	computer_mouse	
🖲️	trackball	
💽	minidisc computer_disk	
💾	floppy_disk	save
💿	cd optical_disk	
📀	dvd	
🧮	abacus	
🎥	movie_camera	film video
🎞️	film_strip film_frames	
📽️	film_projector	
🎬	clapper clapper_board	film
📺	tv television	
📷	camera	photo
📸	camera_flash camera_with_flash	photo
📹	video_camera	
📼	vhs videocassette	
🔍	mag magnifying_glass_tilted_left	search zoom
🔎	mag_right magnifying_glass_tilted_right	
🕯️	candle	
💡	bulb light_bulb	idea
🔦	flashlight	
🏮	izakaya_lantern lantern red_paper_lantern	
🪔	diya_lamp	
📔	notebook_with_decorative_cover	
📕	closed_book	
📖	book open_book	
📗	green_book	
📘	blue_book	
📙	orange_book	
📚	books	library
📓	notebook	
📒	ledger	
📃	page_with_curl	
📜	scroll	document
📄	page_facing_up	document
📰	newspaper	press
🗞️	newspaper_roll rolled_up_newspaper	press
📑	bookmark_tabs	
🔖	bookmark	
🏷️	label	tag
🪙	coin	
💰	moneybag money_bag	dollar cream
💴	yen yen_banknote	
💵	dollar dollar_banknote	money
💶	euro euro_banknote	
💷	pound pound_banknote	
💸	money_with_wings	dollar
💳	credit_card	subscription
🧾	receipt	
💹	chart chart_increasing_with_yen	
✉️	envelope	letter email
📧	email e-mail e_mail	
📨	incoming_envelope	
📩	envelope_with_arrow	
📤	outbox_tray	
📥	inbox_tray	
📦	package	shipping
📫	mailbox closed_mailbox_with_raised_flag	
📪	mailbox_closed closed_mailbox_with_lowered_flag	
📬	mailbox_with_mail open_mailbox_with_raised_flag	
📭	mailbox_with_no_mail open_mailbox_with_lowered_flag	
📮	postbox	
🗳️	ballot_box ballot_box_with_ballot	
✏️	pencil2 pencil	
✒️	black_nib	
🖋️	fountain_pen	
🖊️	pen	
🖌️	paintbrush	
🖍️	crayon	
📝	memo pencil	document note
💼	briefcase	business
📁	file_folder	directory
📂	open_file_folder	
🗂️	card_index_dividers	
📅	date calendar	schedule
📆	calendar tear_off_calendar	schedule
🗒️	spiral_notepad	
🗓️	spiral_calendar	
📇	card_index	
📈	chart_with_upwards_trend chart_increasing	graph metrics
📉	chart_with_downwards_trend chart_decreasing	graph metrics
📊	bar_chart	stats metrics
📋	clipboard	
📌	pushpin	location
📍	round_pushpin	location
📎	paperclip	
🖇️	paperclips linked_paperclips	
📏	straight_ruler	
📐	triangular_ruler	
✂️	scissors	cut
🗃️	card_file_box	
🗄️	file_cabinet	
🗑️	wastebasket	trash
🔒	lock locked	security private
🔓	unlock unlocked	security
🔏	lock_with_ink_pen locked_with_pen	
🔐	closed_lock_with_key locked_with_key	security
🔑	key	lock password
🗝️	old_key	
🔨	hammer	tool
🪓	axe	
⛏️	pick	
⚒️	hammer_and_pick	
🛠️	hammer_and_wrench	
🗡️	dagger	
⚔️	crossed_swords	
💣	bomb	boom
🪃	boomerang	
🏹	bow_and_arrow	archery
🛡️	shield	
🪚	carpentry_saw	
🔧	wrench	tool
🪛	screwdriver	
🔩	nut_and_bolt	
⚙️	gear	
🗜️	clamp	
⚖️	balance_scale	
🦯	probing_cane white_cane	
🔗	link	
⛓️	chains	
🪝	hook	
🧰	toolbox	
🧲	magnet	
🪜	ladder	
⚗️	alembic	
🧪	test_tube	
🧫	petri_dish	
🧬	dna	
🔬	microscope	science laboratory investigate
🔭	telescope	
📡	satellite satellite_antenna	signal
💉	syringe	health hospital needle
🩸	drop_of_blood	
💊	pill	health medicine
🩹	adhesive_bandage	
🩼	crutch	
🩺	stethoscope	
🩻	x_ray	
🚪	door	
🛗	elevator	
🪞	mirror	
🪟	window	
🛏️	bed	
🛋️	couch_and_lamp	
🪑	chair	
🚽	toilet	wc
🪠	plunger	
🚿	shower	bath
🛁	bathtub	
🪤	mouse_trap	
🪒	razor	
🧴	lotion_bottle	
🧷	safety_pin	
🧹	broom	
🧺	basket	
🧻	roll_of_paper	toilet
🪣	bucket	
🧼	soap	
🫧	bubbles	
🪥	toothbrush	
🧽	sponge	
🧯	fire_extinguisher	
🛒	shopping_cart	
🚬	smoking cigarette	
⚰️	coffin	funeral
🪦	headstone	
⚱️	funeral_urn	
🧿	nazar_amulet	
🪬	hamsa	
🗿	moyai moai	stone
🪧	placard	
🪪	identification_card	
# symbols
🏧	atm atm_sign	
🚮	put_litter_in_its_place litter_in_bin_sign	
🚰	potable_water	
♿	wheelchair wheelchair_symbol	accessibility
🚹	mens men_s_room	
🚺	womens women_s_room	
🚻	restroom	toilet
🚼	baby_symbol	
🚾	wc water_closet	toilet restroom
🛂	passport_control	
🛃	customs	
🛄	baggage_claim	airport
🛅	left_luggage	
⚠️	warning	wip
🚸	children_crossing	
⛔	no_entry	limit
🚫	no_entry_sign prohibited	block forbidden
🚳	no_bicycles	
🚭	no_smoking	
🚯	do_not_litter no_littering	
🚱	non-potable_water non_potable_water	
🚷	no_pedestrians	
📵	no_mobile_phones	
🔞	underage no_one_under_eighteen	
☢️	radioactive	
☣️	biohazard	
⬆️	arrow_up up_arrow	
↗️	arrow_upper_right up_right_arrow	
➡️	arrow_right right_arrow	
↘️	arrow_lower_right down_right_arrow	
⬇️	arrow_down down_arrow	
↙️	arrow_lower_left down_left_arrow	
⬅️	arrow_left left_arrow	
↖️	arrow_upper_left up_left_arrow	
↕️	arrow_up_down up_down_arrow	
↔️	left_right_arrow	
↩️	leftwards_arrow_with_hook right_arrow_curving_left	return
↪️	arrow_right_hook left_arrow_curving_right	
⤴️	arrow_heading_up right_arrow_curving_up	
⤵️	arrow_heading_down right_arrow_curving_down	
🔃	arrows_clockwise clockwise_vertical_arrows	
🔄	arrows_counterclockwise counterclockwise_arrows_button	sync
🔙	back back_arrow	
🔚	end end_arrow	
🔛	on on_arrow	
🔜	soon soon_arrow	
🔝	top top_arrow	
🛐	place_of_worship	
⚛️	atom_symbol	
🕉️	om	
✡️	star_of_david	
☸️	wheel_of_dharma	
☯️	yin_yang	
✝️	latin_cross	
☦️	orthodox_cross	
☪️	star_and_crescent	
☮️	peace_symbol	
🕎	menorah	
🔯	six_pointed_star dotted_six_pointed_star	
🪯	khanda	
♈	aries	
♉	taurus	
♊	gemini	
♋	cancer	
♌	leo	
♍	virgo	
♎	libra	
♏	scorpius scorpio	
♐	sagittarius	
♑	capricorn	
♒	aquarius	
♓	pisces	
⛎	ophiuchus	
🔀	twisted_rightwards_arrows shuffle_tracks_button	
🔁	repeat repeat_button	loop
🔂	repeat_one repeat_single_button	
▶️	arrow_forward play_button	
⏩	fast_forward fast_forward_button	
⏭️	next_track_button	
⏯️	play_or_pause_button	
◀️	arrow_backward reverse_button	
⏪	rewind fast_reverse_button	
⏮️	previous_track_button last_track_button	
🔼	arrow_up_small upwards_button	
⏫	arrow_double_up fast_up_button	
🔽	arrow_down_small downwards_button	
⏬	arrow_double_down fast_down_button	
⏸️	pause_button	
⏹️	stop_button	
⏺️	record_button	
⏏️	eject_button	
🎦	cinema	film movie
🔅	low_brightness dim_button	
🔆	high_brightness bright_button	
📶	signal_strength antenna_bars	wifi
🛜	wireless	wifi
📳	vibration_mode	
📴	mobile_phone_off	mute
♀️	female_sign	
♂️	male_sign	
⚧️	transgender_symbol	
✖️	heavy_multiplication_x multiply	
➕	heavy_plus_sign plus	
➖	heavy_minus_sign minus	
➗	heavy_division_sign divide	
🟰	heavy_equals_sign	
♾️	infinity	
‼️	bangbang double_exclamation_mark	
⁉️	interrobang exclamation_question_mark	
❓	question red_question_mark	confused
❔	grey_question white_question_mark	
❕	grey_exclamation white_exclamation_mark	
❗	exclamation heavy_exclamation_mark red_exclamation_mark	bang
〰️	wavy_dash	
💱	currency_exchange	
💲	heavy_dollar_sign	
⚕️	medical_symbol	
♻️	recycle recycling_symbol	environment green
⚜️	fleur_de_lis	
🔱	trident trident_emblem	
📛	name_badge	
🔰	beginner japanese_symbol_for_beginner	
⭕	o hollow_red_circle	
✅	white_check_mark check_mark_button	
☑️	ballot_box_with_check check_box_with_check	
✔️	heavy_check_mark check_mark	
❌	x cross_mark	
❎	negative_squared_cross_mark cross_mark_button	
➰	curly_loop	
➿	loop double_curly_loop	
〽️	part_alternation_mark	
✳️	eight_spoked_asterisk	
✴️	eight_pointed_black_star eight_pointed_star	
❇️	sparkle	
©️	copyright	
®️	registered	
™️	tm trade_mark	trademark
#️⃣	hash keycap_number_sign	
*️⃣	asterisk keycap_asterisk	
0️⃣	zero keycap_0	
1️⃣	one keycap_1	
2️⃣	two keycap_2	
3️⃣	three keycap_3	
4️⃣	four keycap_4	
5️⃣	five keycap_5	
6️⃣	six keycap_6	
7️⃣	seven keycap_7	
8️⃣	eight keycap_8	
9️⃣	nine keycap_9	
🔟	keycap_ten keycap_10	
🔠	capital_abcd input_latin_uppercase	letters
🔡	abcd input_latin_lowercase	
🔢	1234 input_numbers	
🔣	symbols input_symbols	
🔤	abc input_latin_letters	alphabet
🅰️	a a_button	blood type
🆎	ab ab_button	blood type
🅱️	b b_button	blood type
🆑	cl cl_button	
🆒	cool cool_button	
🆓	free free_button	
ℹ️	information_source information	
🆔	id id_button	
Ⓜ️	m circled_m	
🆕	new new_button	fresh
🆖	ng ng_button	
🅾️	o2 o_button	blood type
🆗	ok ok_button	yes
🅿️	parking p_button	
🆘	sos sos_button	help emergency
🆙	up up_button	
🆚	vs vs_button	
🈁	koko japanese_here_button	
🈂️	sa japanese_service_charge_button	
🈷️	u6708 japanese_monthly_amount_button	
🈶	u6709 japanese_not_free_of_charge_button	
🈯	u6307 japanese_reserved_button	
🉐	ideograph_advantage japanese_bargain_button	
🈹	u5272 japanese_discount_button	
🈚	u7121 japanese_free_of_charge_button	
🈲	u7981 japanese_prohibited_button	
🉑	accept japanese_acceptable_button	
🈸	u7533 japanese_application_button	
🈴	u5408 japanese_passing_grade_button	
🈳	u7a7a japanese_vacancy_button	
㊗️	congratulations japanese_congratulations_button	
㊙️	secret japanese_secret_button	
🈺	u55b6 japanese_open_for_business_button	
🈵	u6e80 japanese_no_vacancy_button	
🔴	red_circle	
🟠	orange_circle	
🟡	yellow_circle	
🟢	green_circle	
🔵	large_blue_circle blue_circle	
🟣	purple_circle	
🟤	brown_circle	
⚫	black_circle	
⚪	white_circle	
🟥	red_square	
🟧	orange_square	
🟨	yellow_square	
🟩	green_square	
🟦	blue_square	
🟪	purple_square	
🟫	brown_square	
⬛	black_large_square	
⬜	white_large_square	
◼️	black_medium_square	
◻️	white_medium_square	
◾	black_medium_small_square	
◽	white_medium_small_square	
▪️	black_small_square	
▫️	white_small_square	
🔶	large_orange_diamond	
🔷	large_blue_diamond	
🔸	small_orange_diamond	
🔹	small_blue_diamond	
🔺	small_red_triangle red_triangle_pointed_up	
🔻	small_red_triangle_down red_triangle_pointed_down	
💠	diamond_shape_with_a_dot_inside diamond_with_a_dot	
🔘	radio_button	
🔳	white_square_button	
🔲	black_square_button	
# flags
🏁	checkered_flag chequered_flag	milestone finish
🚩	triangular_flag_on_post triangular_flag	
🎌	crossed_flags	
🏴	black_flag	
🏳️	white_flag	
🏳️‍🌈	rainbow_flag	pride
🏳️‍⚧️	transgender_flag	
🏴‍☠️	pirate_flag	
🇦🇨	ascension_island flag_ascension_island	
🇦🇩	andorra flag_andorra	
🇦🇪	united_arab_emirates flag_united_arab_emirates	
🇦🇫	afghanistan flag_afghanistan	
🇦🇬	antigua_barbuda flag_antigua_barbuda	
🇦🇮	anguilla flag_anguilla	
🇦🇱	albania flag_albania	
🇦🇲	armenia flag_armenia	
🇦🇴	angola flag_angola	
🇦🇶	antarctica flag_antarctica	
🇦🇷	argentina flag_argentina	
🇦🇸	american_samoa flag_american_samoa	
🇦🇹	austria flag_austria	
🇦🇺	australia flag_australia	
🇦🇼	aruba flag_aruba	
🇦🇽	aland_islands flag_aland_islands	åland
🇦🇿	azerbaijan flag_azerbaijan	
🇧🇦	bosnia_herzegovina flag_bosnia_herzegovina	
🇧🇧	barbados flag_barbados	
🇧🇩	bangladesh flag_bangladesh	
🇧🇪	belgium flag_belgium	
🇧🇫	burkina_faso flag_burkina_faso	
🇧🇬	bulgaria flag_bulgaria	
🇧🇭	bahrain flag_bahrain	
🇧🇮	burundi flag_burundi	
🇧🇯	benin flag_benin	
🇧🇱	st_barthelemy flag_st_barthelemy	barthélemy
🇧🇲	bermuda flag_bermuda	
🇧🇳	brunei flag_brunei	
🇧🇴	bolivia flag_bolivia	
🇧🇶	caribbean_netherlands flag_caribbean_netherlands	
🇧🇷	brazil flag_brazil	
🇧🇸	bahamas flag_bahamas	
🇧🇹	bhutan flag_bhutan	
🇧🇻	bouvet_island flag_bouvet_island	
🇧🇼	botswana flag_botswana	
🇧🇾	belarus flag_belarus	
🇧🇿	belize flag_belize	
🇨🇦	canada flag_canada	
🇨🇨	cocos_islands flag_cocos_islands	keeling
🇨🇩	congo_kinshasa flag_congo_kinshasa	
🇨🇫	central_african_republic flag_central_african_republic	
🇨🇬	congo_brazzaville flag_congo_brazzaville	
🇨🇭	switzerland flag_switzerland	
🇨🇮	cote_divoire flag_cote_d_ivoire	côte ivory
🇨🇰	cook_islands flag_cook_islands	
🇨🇱	chile flag_chile	
🇨🇲	cameroon flag_cameroon	
🇨🇳	cn flag_china	
🇨🇴	colombia flag_colombia	
🇨🇵	clipperton_island flag_clipperton_island	
🇨🇷	costa_rica flag_costa_rica	
🇨🇺	cuba flag_cuba	
🇨🇻	cape_verde flag_cape_verde	
🇨🇼	curacao flag_curacao	curaçao
🇨🇽	christmas_island flag_christmas_island	
🇨🇾	cyprus flag_cyprus	
🇨🇿	czech_republic flag_czechia	
🇩🇪	de flag_germany	
🇩🇬	diego_garcia flag_diego_garcia	
🇩🇯	djibouti flag_djibouti	
🇩🇰	denmark flag_denmark	
🇩🇲	dominica flag_dominica	
🇩🇴	dominican_republic flag_dominican_republic	
🇩🇿	algeria flag_algeria	
🇪🇦	ceuta_melilla flag_ceuta_melilla	
🇪🇨	ecuador flag_ecuador	
🇪🇪	estonia flag_estonia	
🇪🇬	egypt flag_egypt	
🇪🇭	western_sahara flag_western_sahara	
🇪🇷	eritrea flag_eritrea	
🇪🇸	es flag_spain	
🇪🇹	ethiopia flag_ethiopia	
🇪🇺	eu european_union flag_european_union	
🇫🇮	finland flag_finland	
🇫🇯	fiji flag_fiji	
🇫🇰	falkland_islands flag_falkland_islands	
🇫🇲	micronesia flag_micronesia	
🇫🇴	faroe_islands flag_faroe_islands	
🇫🇷	fr flag_france	french
🇬🇦	gabon flag_gabon	
🇬🇧	gb uk flag_united_kingdom	british
🇬🇩	grenada flag_grenada	
🇬🇪	georgia flag_georgia	
🇬🇫	french_guiana flag_french_guiana	
🇬🇬	guernsey flag_guernsey	
🇬🇭	ghana flag_ghana	
🇬🇮	gibraltar flag_gibraltar	
🇬🇱	greenland flag_greenland	
🇬🇲	gambia flag_gambia	
🇬🇳	guinea flag_guinea	
🇬🇵	guadeloupe flag_guadeloupe	
🇬🇶	equatorial_guinea flag_equatorial_guinea	
🇬🇷	greece flag_greece	
🇬🇸	south_georgia_south_sandwich_islands flag_south_georgia_south_sandwich_islands	
🇬🇹	guatemala flag_guatemala	
🇬🇺	guam flag_guam	
🇬🇼	guinea_bissau flag_guinea_bissau	
🇬🇾	guyana flag_guyana	
🇭🇰	hong_kong flag_hong_kong_sar_china	
🇭🇲	heard_mcdonald_islands flag_heard_mcdonald_islands	
🇭🇳	honduras flag_honduras	
🇭🇷	croatia flag_croatia	
🇭🇹	haiti flag_haiti	
🇭🇺	hungary flag_hungary	
🇮🇨	canary_islands flag_canary_islands	
🇮🇩	indonesia flag_indonesia	
🇮🇪	ireland flag_ireland	
🇮🇱	israel flag_israel	
🇮🇲	isle_of_man flag_isle_of_man	
🇮🇳	india flag_india	
🇮🇴	british_indian_ocean_territory flag_british_indian_ocean_territory	
🇮🇶	iraq flag_iraq	
🇮🇷	iran flag_iran	
🇮🇸	iceland flag_iceland	
🇮🇹	it flag_italy	
🇯🇪	jersey flag_jersey	
🇯🇲	jamaica flag_jamaica	
🇯🇴	jordan flag_jordan	
🇯🇵	jp flag_japan	
🇰🇪	kenya flag_kenya	
🇰🇬	kyrgyzstan flag_kyrgyzstan	
🇰🇭	cambodia flag_cambodia	
🇰🇮	kiribati flag_kiribati	
🇰🇲	comoros flag_comoros	
🇰🇳	st_kitts_nevis flag_st_kitts_nevis	
🇰🇵	north_korea flag_north_korea	
🇰🇷	kr flag_south_korea	
🇰🇼	kuwait flag_kuwait	
🇰🇾	cayman_islands flag_cayman_islands	
🇰🇿	kazakhstan flag_kazakhstan	
🇱🇦	laos flag_laos	
🇱🇧	lebanon flag_lebanon	
🇱🇨	st_lucia flag_st_lucia	
🇱🇮	liechtenstein flag_liechtenstein	
🇱🇰	sri_lanka flag_sri_lanka	
🇱🇷	liberia flag_liberia	
🇱🇸	lesotho flag_lesotho	
🇱🇹	lithuania flag_lithuania	
🇱🇺	luxembourg flag_luxembourg	
🇱🇻	latvia flag_latvia	
🇱🇾	libya flag_libya	
🇲🇦	morocco flag_morocco	
🇲🇨	monaco flag_monaco	
🇲🇩	moldova flag_moldova	
🇲🇪	montenegro flag_montenegro	
🇲🇫	st_martin flag_st_martin	
🇲🇬	madagascar flag_madagascar	
🇲🇭	marshall_islands flag_marshall_islands	
🇲🇰	macedonia flag_north_macedonia	
🇲🇱	mali flag_mali	
🇲🇲	myanmar flag_myanmar	burma
🇲🇳	mongolia flag_mongolia	
🇲🇴	macau flag_macao_sar_china	
🇲🇵	northern_mariana_islands flag_northern_mariana_islands	
🇲🇶	martinique flag_martinique	
🇲🇷	mauritania flag_mauritania	
🇲🇸	montserrat flag_montserrat	
🇲🇹	malta flag_malta	
🇲🇺	mauritius flag_mauritius	
🇲🇻	maldives flag_maldives	
🇲🇼	malawi flag_malawi	
🇲🇽	mexico flag_mexico	
🇲🇾	malaysia flag_malaysia	
🇲🇿	mozambique flag_mozambique	
🇳🇦	namibia flag_namibia	
🇳🇨	new_caledonia flag_new_caledonia	
🇳🇪	niger flag_niger	
🇳🇫	norfolk_island flag_norfolk_island	
🇳🇬	nigeria flag_nigeria	
🇳🇮	nicaragua flag_nicaragua	
🇳🇱	netherlands flag_netherlands	
🇳🇴	norway flag_norway	
🇳🇵	nepal flag_nepal	
🇳🇷	nauru flag_nauru	
🇳🇺	niue flag_niue	
🇳🇿	new_zealand flag_new_zealand	
🇴🇲	oman flag_oman	
🇵🇦	panama flag_panama	
🇵🇪	peru flag_peru	
🇵🇫	french_polynesia flag_french_polynesia	
🇵🇬	papua_new_guinea flag_papua_new_guinea	
🇵🇭	philippines flag_philippines	
🇵🇰	pakistan flag_pakistan	
🇵🇱	poland flag_poland	
🇵🇲	st_pierre_miquelon flag_st_pierre_miquelon	
🇵🇳	pitcairn_islands flag_pitcairn_islands	
🇵🇷	puerto_rico flag_puerto_rico	
🇵🇸	palestinian_territories flag_palestinian_territories	
🇵🇹	portugal flag_portugal	
🇵🇼	palau flag_palau	
🇵🇾	paraguay flag_paraguay	
🇶🇦	qatar flag_qatar	
🇷🇪	reunion flag_reunion	réunion
🇷🇴	romania flag_romania	
🇷🇸	serbia flag_serbia	
🇷🇺	ru flag_russia	
🇷🇼	rwanda flag_rwanda	
🇸🇦	saudi_arabia flag_saudi_arabia	
🇸🇧	solomon_islands flag_solomon_islands	
🇸🇨	seychelles flag_seychelles	
🇸🇩	sudan flag_sudan	
🇸🇪	sweden flag_sweden	
🇸🇬	singapore flag_singapore	
🇸🇭	st_helena flag_st_helena	
🇸🇮	slovenia flag_slovenia	
🇸🇯	svalbard_jan_mayen flag_svalbard_jan_mayen	
🇸🇰	slovakia flag_slovakia	
🇸🇱	sierra_leone flag_sierra_leone	
🇸🇲	san_marino flag_san_marino	
🇸🇳	senegal flag_senegal	
🇸🇴	somalia flag_somalia	
🇸🇷	suriname flag_suriname	
🇸🇸	south_sudan flag_south_sudan	
🇸🇹	sao_tome_principe flag_sao_tome_principe	são tomé príncipe
🇸🇻	el_salvador flag_el_salvador	
🇸🇽	sint_maarten flag_sint_maarten	
🇸🇾	syria flag_syria	
🇸🇿	swaziland flag_eswatini	
🇹🇦	tristan_da_cunha flag_tristan_da_cunha	
🇹🇨	turks_caicos_islands flag_turks_caicos_islands	
🇹🇩	chad flag_chad	
🇹🇫	french_southern_territories flag_french_southern_territories	
🇹🇬	togo flag_togo	
🇹🇭	thailand flag_thailand	
🇹🇯	tajikistan flag_tajikistan	
🇹🇰	tokelau flag_tokelau	
🇹🇱	timor_leste flag_timor_leste	
🇹🇲	turkmenistan flag_turkmenistan	
🇹🇳	tunisia flag_tunisia	
🇹🇴	tonga flag_tonga	
🇹🇷	tr flag_turkiye	türkiye turkey
🇹🇹	trinidad_tobago flag_trinidad_tobago	
🇹🇻	tuvalu flag_tuvalu	
🇹🇼	taiwan flag_taiwan	
🇹🇿	tanzania flag_tanzania	
🇺🇦	ukraine flag_ukraine	
🇺🇬	uganda flag_uganda	
🇺🇲	us_outlying_islands flag_u_s_outlying_islands	
🇺🇳	united_nations flag_united_nations	
🇺🇸	us flag_united_states	america
🇺🇾	uruguay flag_uruguay	
🇺🇿	uzbekistan flag_uzbekistan	
🇻🇦	vatican_city flag_vatican_city	
🇻🇨	st_vincent_grenadines flag_st_vincent_grenadines	
🇻🇪	venezuela flag_venezuela	
🇻🇬	british_virgin_islands flag_british_virgin_islands	
🇻🇮	us_virgin_islands flag_u_s_virgin_islands	
🇻🇳	vietnam flag_vietnam	
🇻🇺	vanuatu flag_vanuatu	
🇼🇫	wallis_futuna flag_wallis_futuna	
🇼🇸	samoa flag_samoa	
🇽🇰	kosovo flag_kosovo	
🇾🇪	yemen flag_yemen	
🇾🇹	mayotte flag_mayotte	
🇿🇦	south_africa flag_south_africa	
🇿🇲	zambia flag_zambia	
🇿🇼	zimbabwe flag_zimbabwe	
🏴󠁧󠁢󠁥󠁮󠁧󠁿	england flag_england	
🏴󠁧󠁢󠁳󠁣󠁴󠁿	scotland flag_scotland	
🏴󠁧󠁢󠁷󠁬󠁳󠁿	wales flag_wales	
`;
